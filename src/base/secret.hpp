#pragma once
// Purpose: a password or key: cannot be printed, compared in constant time elsewhere (crypto), wiped when it goes.
// Security: moves leave the source wiped; there is no formatter and no stream operator, and none may be added.

#include <string>
#include <string_view>
#include <utility>

namespace postern {

/// Overwrites the octets in a way that the compiler may not remove.
void wipe(char* data, std::size_t size) noexcept;
void wipe(std::string& text) noexcept;

class secret {
 public:
  secret() = default;
  explicit secret(char const* text) : text_(text) {}
  explicit secret(std::string_view text) : text_(text) {}
  explicit secret(std::string&& text) : text_(text) { wipe(text); }
  secret(secret const&) = default;
  // A string that moves may leave its octets behind in the small buffer: copy, then wipe.
  // NOLINTNEXTLINE(performance-move-constructor-init,bugprone-*)
  secret(secret&& other) noexcept : text_(other.text_) { wipe(other.text_); }
  secret& operator=(secret const& other) {
    if (this != &other) {
      wipe(text_);
      text_ = other.text_;
    }
    return *this;
  }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_ = other.text_;
      wipe(other.text_);
    }
    return *this;
  }
  ~secret() { wipe(text_); }

  /// The octets themselves. The name is long so that a review finds every use.
  std::string_view reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  std::size_t size() const noexcept { return text_.size(); }

 private:
  std::string text_;
};

}  // namespace postern
