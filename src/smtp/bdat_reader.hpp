#pragma once
// Purpose: the content of BDAT chunks: counts octets, normalizes line ends as data_reader does; dots mean nothing.
//          [RFC 3030]
// Layout: one reader a message; begin_chunk() for each BDAT command; content may cross chunks anywhere, also between
//         CR and LF.
// Limits: body_rules::size_limit over all chunks; what is beyond is read and thrown away.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "smtp/data_reader.hpp"

namespace postern::smtp {

class bdat_reader {
 public:
  bdat_reader() = default;
  explicit bdat_reader(body_rules const& rules) : rules_(rules) {}

  void reset(body_rules const& rules);
  /// `discard`: the chunk was refused; its octets are read and thrown away.
  void begin_chunk(std::uint64_t octets, bool last, bool discard = false);

  struct progress {
    std::size_t consumed = 0;
    bool chunk_ended = false;  ///< also true for a chunk of no octets
  };

  /// Appends views of the content to `pieces`: valid as long as `input` is. Call it once at least per chunk, even when
  /// there is no input: the last chunk's end may still owe a line end.
  progress feed(std::string_view input, std::vector<std::string_view>& pieces);

  body_facts const& facts() const noexcept { return facts_; }

 private:
  void take_lines(std::string_view text, std::vector<std::string_view>& pieces);
  std::size_t take_pending_cr(std::string_view text, std::vector<std::string_view>& pieces);
  void emit(std::string_view piece, std::vector<std::string_view>& pieces);
  void end_content(std::vector<std::string_view>& pieces);

  body_rules rules_;
  body_facts facts_;
  std::uint64_t left_ = 0;  // octets of the chunk
  bool last_ = false;
  bool discard_ = false;
  bool pending_cr_ = false;
  bool in_line_ = false;
};

}  // namespace postern::smtp
