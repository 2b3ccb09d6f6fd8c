"""A parameter that its table calls implemented is read somewhere: nothing in main.cf is ignored silently."""

import re

from repository import text, under

ROW = re.compile(r'\{"(?P<name>[A-Za-z0-9_]+)",\s*\w+,\s*(?P<rest>.*?)\},\s*(?=\{"|\})', re.DOTALL)


def rows():
    for path in under("src"):
        if path.name.startswith("parameters_"):
            for match in ROW.finditer(text(path)):
                yield match["name"], match["rest"]


# What the configuration itself works with; every other parameter must be read by a program, not only by `postern check`.
OF_CONFIG = {"compatibility_level", "config_directory", "default_process_limit", "known_tcp_ports", "maillog_file_prefixes",
             "mynetworks_style", "process_id", "process_name", "service_name"}


def test_implemented_parameters_are_read():
    table = dict(rows())
    assert len(table) > 800
    readers = "\n".join(text(path) for path in under("src", "programs")
                        if path.parts[:2] not in {("src", "config"), ("src", "admin")}
                        and not path.stem.endswith(("_test", "_fuzz")))
    defaults = "\n".join(table.values())
    unread = [name for name, rest in table.items() if name not in OF_CONFIG and re.search(r"\bimplemented\b", rest)
              and not re.search(rf"\b{name}\b", readers) and not re.search(rf"\${{?{name}\b", defaults)]
    assert unread == []
