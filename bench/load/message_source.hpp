#pragma once
// Purpose: hands out numbered messages in wire form. Each has an X-Load-Id of its own, so that the sink can tell lost
// ones and duplicates; the rest is the same for all and shared.

#include <string>
#include <string_view>

namespace postern::bench {

class message_source {
 public:
  /// `size` counts the whole content without the final dot line; small sizes are rounded up to the header's.
  message_source(std::string run_id, std::string const& sender, std::size_t size);

  /// A new id.
  std::string next_id();
  /// The part of the header section that is this message's own.
  static std::string format_own_header(std::string const& id);
  /// The rest of header and body and the dot line; stays alive and unchanged as long as this object.
  std::string_view shared_rest() const noexcept { return shared_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::string run_id_;
  std::string shared_;
  std::size_t size_;
  long next_ = 0;
};

}  // namespace postern::bench
