"""A parameter that its table calls implemented is read somewhere: nothing in main.cf is ignored silently."""

import re

from repository import text, under

ROW = re.compile(r'\{"(?P<name>[a-z0-9_]+)",\s*\w+,\s*(?P<rest>.*?)\},\s*(?=\{"|\})', re.DOTALL)


def rows():
    for path in under("src"):
        if path.name.startswith("parameters_"):
            for match in ROW.finditer(text(path)):
                yield match["name"], match["rest"]


def test_implemented_parameters_are_read():
    table = dict(rows())
    assert len(table) > 800
    readers = "\n".join(text(path) for path in under("src", "programs")
                        if not path.name.startswith("parameters_") and not path.stem.endswith(("_test", "_fuzz")))
    defaults = "\n".join(table.values())
    unread = [name for name, rest in table.items() if re.search(r"\bimplemented\b", rest)
              and not re.search(rf"\b{name}\b", readers) and not re.search(rf"\${{?{name}\b", defaults)]
    assert unread == []
