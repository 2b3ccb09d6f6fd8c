#include "sasl/saslprep.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

constexpr std::array<std::string_view, 4> words{"is not UTF-8", "has a character that SASLprep prohibits",
                                                "has a character that is unassigned in Unicode 3.2",
                                                "mixes right-to-left and left-to-right text"};

/// UTF-16 that is wiped when it goes.
class wide_text {
 public:
  explicit wide_text(std::size_t capacity) : units_(capacity) {}
  wide_text(wide_text const&) = delete;
  wide_text& operator=(wide_text const&) = delete;
  ~wide_text() { wipe(reinterpret_cast<char*>(units_.data()), units_.size() * sizeof(UChar)); }

  UChar* data() { return units_.data(); }
  std::int32_t capacity() const { return static_cast<std::int32_t>(units_.size()); }
  std::int32_t length = 0;

 private:
  std::vector<UChar> units_;
};

// Never closed: other static objects may still prepare while the program ends.
UStringPrepProfile const* profile() {
  static UStringPrepProfile const* const opened = [] {
    UErrorCode status = U_ZERO_ERROR;
    UStringPrepProfile const* const made = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
    if (U_FAILURE(status)) std::abort();  // ICU without its data
    return made;
  }();
  return opened;
}

saslprep_error error_of(UErrorCode status) {
  if (status == U_STRINGPREP_UNASSIGNED_ERROR) return saslprep_error::unassigned;
  if (status == U_STRINGPREP_CHECK_BIDI_ERROR) return saslprep_error::bidirectional;
  return saslprep_error::prohibited;
}

std::expected<std::string, saslprep_error> prepare_unicode(std::string_view text, saslprep_use use) {
  wide_text wide(text.size());
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8(wide.data(), wide.capacity(), &wide.length, text.data(), static_cast<std::int32_t>(text.size()),
                &status);
  if (U_FAILURE(status)) return std::unexpected(saslprep_error::not_utf8);
  // NFKC makes at most 18 units of one.
  wide_text prepared(text.size() * 18);
  auto const options = use == saslprep_use::query ? USPREP_ALLOW_UNASSIGNED : USPREP_DEFAULT;
  prepared.length = usprep_prepare(profile(), wide.data(), wide.length, prepared.data(), prepared.capacity(), options,
                                   nullptr, &status);
  if (U_FAILURE(status)) return std::unexpected(error_of(status));
  std::string out(static_cast<std::size_t>(prepared.length) * 3, '\0');
  std::int32_t size = 0;
  u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &size, prepared.data(), prepared.length, &status);
  if (U_FAILURE(status)) std::abort();
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

std::string_view format_saslprep_error(saslprep_error error) { return words[static_cast<std::size_t>(error)]; }

std::expected<std::string, saslprep_error> saslprep(std::string_view text, saslprep_use use) {
  if (std::ranges::all_of(text, is_ascii_printable)) return std::string(text);
  if (!is_utf8(text)) return std::unexpected(saslprep_error::not_utf8);
  return prepare_unicode(text, use);
}

secret prepare_password(secret const& password) {
  auto prepared = saslprep(password.reveal(), saslprep_use::stored);
  // Nothing may be left of it that anybody could type.
  return prepared && !prepared->empty() ? secret(std::move(*prepared)) : password;
}

}  // namespace postern::sasl
