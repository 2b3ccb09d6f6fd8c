#pragma once
// Purpose: a message's header section as filters see and change it: a list of fields, the first of which is our own
//          Received:, which filters are not shown.
// Layout: fields with their CRLFs, as they stand in the content; the empty line is not part of it.
// Limits: `octets_max` for the section as a whole, changes included; whoever goes beyond it is told.
// Security: a value that a filter gives can neither end the header section nor begin a field: its line ends are
//           followed by white space.
// Source: Postfix 3.7: positions of inserted fields count our Received:, instances of a name do not.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::milter {

class header_section {
 public:
  struct field {
    std::string text;   ///< "Subject: one CRLF two CRLF"
    bool ours = false;  ///< not shown, and not counted where a name is
  };

  explicit header_section(std::size_t octets_max) : octets_max_(octets_max) {}

  /// Whole fields with CRLFs, one after the other; `ours` for those that filters are not shown.
  bool append(std::string_view fields, bool ours);

  // False: the section is too large now.
  bool add(std::string_view name, std::string_view value, bool leading_space);
  bool insert(std::uint32_t index, std::string_view name, std::string_view value, bool leading_space);
  /// Adds it where there is no such instance, as Postfix does.
  bool change(std::uint32_t index, std::string_view name, std::string_view value, bool leading_space);
  void remove(std::uint32_t index, std::string_view name);

  std::span<field const> fields() const noexcept { return fields_; }
  std::size_t octets() const noexcept { return octets_; }
  /// All fields, without the empty line.
  std::string text() const;

 private:
  std::vector<field>::iterator find(std::uint32_t index, std::string_view name);
  bool grow_to(std::size_t octets) noexcept;

  std::vector<field> fields_;
  std::size_t octets_ = 0;
  std::size_t octets_max_;
};

/// "name: value CRLF", folded where the value has line ends. `leading_space`: the filter writes the space behind the
/// colon itself.
std::string format_field(std::string_view name, std::string_view value, bool leading_space);

/// The name of a field ("Subject"), and its value as filters get it: all behind the colon, lines parted by '\n', the
/// last line end gone.
std::string_view field_name(std::string_view field);
std::string field_value(std::string_view field);

}  // namespace postern::milter
