#include "auth/cyrus/saslauthd_source.hpp"

#include <array>

#include <fmt/format.h>

#include "auth/cyrus/realm.hpp"
#include "auth/mux_client.hpp"
#include "base/text.hpp"

namespace postern::auth::cyrus {
namespace {

struct text_row {
  std::string_view begins;
  verdict_code means;
};
constexpr auto texts = std::to_array<text_row>({{"Invalid username", verdict_code::unknown_user},
                                                {"Invalid shadow username", verdict_code::unknown_user},
                                                {"Account expired", verdict_code::expired},
                                                {"Password expired", verdict_code::expired},
                                                {"[ALERT]", verdict_code::store_unavailable},
                                                {"internal mechanism failure", verdict_code::store_unavailable},
                                                {"saslauthd internal error", verdict_code::store_unavailable},
                                                {"Username lookup failure", verdict_code::store_unavailable},
                                                {"Username shadow lookup failure", verdict_code::store_unavailable},
                                                {"Insufficient permission", verdict_code::store_unavailable},
                                                {"PAM start error", verdict_code::store_unavailable}});

class saslauthd_source final : public credential_source {
 public:
  explicit saslauthd_source(saslauthd_source_options options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override { return options_.name; }
  bool can(sasl::credential_need need) const noexcept override { return need == sasl::credential_need::verify_plain; }

  verdict check_password(login const& who, secret const& password) override {
    auto const [user, realm] = split_for_saslauthd(who.user, who.realm);
    auto const said =
        ask_saslauthd(options_.socket, {user, password, who.service, realm, who.client_address}, options_.time_limit);
    if (!said) return answer(verdict_code::store_unavailable, who, said.error().text);
    if (said->yes) return answer(verdict_code::accepted, who, {});
    auto const text = said->text.empty() ? "NO" : "NO " + printable(said->text, 256);
    return answer(judge_reply(*said), who,
                  fmt::format("saslauthd at {} says {} for login {}{}", options_.socket, text, printable(user, 128),
                              realm.empty() ? "" : ", realm " + printable(realm, 128)));
  }

 private:
  verdict answer(verdict_code code, login const& who, std::string detail) const {
    return {.code = code, .account = who.user, .detail = std::move(detail), .source = options_.name};
  }

  saslauthd_source_options options_;
};

}  // namespace

verdict_code judge_reply(sasl::mux::reply const& said) {
  if (said.yes) return verdict_code::accepted;
  for (auto const& [begins, means] : texts) {
    if (said.text.starts_with(begins)) return means;
  }
  return verdict_code::wrong_password;
}

std::unique_ptr<credential_source> make_saslauthd_source(saslauthd_source_options options) {
  return std::make_unique<saslauthd_source>(std::move(options));
}

}  // namespace postern::auth::cyrus
