#include "auth/mechanism_choice.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

crypto::hash_algorithm scram_hash(std::string_view mechanism) {
  if (mechanism.starts_with("SCRAM-SHA-1")) return crypto::hash_algorithm::sha1;
  if (mechanism.starts_with("SCRAM-SHA-512")) return crypto::hash_algorithm::sha512;
  return crypto::hash_algorithm::sha256;
}

/// A daemon, or a directory that is asked to bind, says yes or no to a password and never what it is.
std::string explain_lack(source_list const& sources, std::string_view lack) {
  std::vector<std::string_view> names;
  for (auto const& source : sources) {
    using enum sasl::credential_need;
    if (source->can(verify_plain) && !source->can(scram_verifier) && !source->can(plaintext_secret)) {
      names.push_back(source->name());
    }
  }
  if (names.empty()) return std::string(lack);
  return fmt::format("{}: {} can only say whether a password is right", lack, fmt::join(names, ", "));
}

/// Empty: it can be served.
std::string find_hindrance(sasl::mechanism_row const& row, means const& have) {
  auto const some = [&](auto can) { return std::ranges::any_of(have.sources, can); };
  auto const by_need = [&](auto const& source) { return source->can(row.needs); };
  switch (row.needs) {
    case sasl::credential_need::verify_plain:
      return some(by_need) ? "" : "nothing checks passwords";
    case sasl::credential_need::scram_verifier: {
      auto const hash = scram_hash(row.name);
      if (!some(by_need)) return explain_lack(have.sources, "no verifiers are kept");
      bool const held = some([&](auto const& source) { return by_need(source) && source->can_scram(hash); });
      return held ? "" : "not every account has a verifier for it";
    }
    case sasl::credential_need::plaintext_secret:
      return some(by_need) ? "" : explain_lack(have.sources, "no passwords are kept in a form that it can use");
    case sasl::credential_need::token_verifier:
      return have.tokens ? "" : "nothing judges OAuth 2.0 tokens";
    case sasl::credential_need::certificate:
      return have.certificates ? "" : "smtpd asks for no client certificates (smtpd_tls_ask_ccert)";
    case sasl::credential_need::nothing:
      return row.name == "GSSAPI" && !have.kerberos ? "there is no keytab" : "";
  }
  return "";
}

}  // namespace

mechanism_choice choose_mechanisms(std::span<std::string const> named, means const& have) {
  mechanism_choice choice;
  for (auto const& name : named) {
    auto const* const row = sasl::find_mechanism(name);
    auto why = row == nullptr || row->make_server == nullptr ? std::string("there is no such mechanism")
                                                             : find_hindrance(*row, have);
    if (why.empty()) {
      choice.offered.emplace_back(row->name);
    } else {
      choice.left_out.push_back({printable(name, 64), std::move(why)});
    }
  }
  return choice;
}

offer_chooser make_offer_chooser(std::vector<std::string> named, means const& have) {
  return [named = std::move(named), tokens = have.tokens, certificates = have.certificates,
          kerberos = have.kerberos](source_list const& sources) {
    means const now{.sources = sources, .tokens = tokens, .certificates = certificates, .kerberos = kerberos};
    return choose_mechanisms(named, now).offered;
  };
}

}  // namespace postern::auth
