#pragma once
// Purpose: goes through a statement as the database does, as far as its texts are concerned: where does a value stand
//          that is put in?
// Security: escaping (an apostrophe doubled, or a backslash before it) is enough within '…' and nowhere else.

#include <cstdint>

namespace postern::maps::sql {

enum class place : std::uint8_t {
  text,         ///< '…'
  other_text,   ///< E'…', U&'…': backslashes mean something whatever the database's setting
  name,         ///< "…": a name, but for some of MySQL's modes, where it is a text
  quoted_name,  ///< `…` of MySQL
  bare,         ///< between words, or where a comment may have been
};

class literal_reader {
 public:
  /// backslashes: they mean something in every text (MySQL).
  explicit literal_reader(bool backslashes = false) : backslashes_(backslashes) {}
  void read(char c);
  place where() const;

 private:
  bool is_prefixed() const;

  bool backslashes_;
  bool escaped_ = false;
  bool prefixed_ = false;
  bool commented_ = false;
  char quote_ = '\0';
  char last_ = ' ';
  char before_ = ' ';
};

}  // namespace postern::maps::sql
