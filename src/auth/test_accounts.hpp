#pragma once
// Purpose: a private directory with an account database for this folder's tests, and hashes cheap enough for them.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "auth/account_source.hpp"
#include "auth/account_store.hpp"
#include "auth/password.hpp"

namespace postern::auth {

inline constexpr password_costs cheap_costs{.argon2id = {.memory_kib = 64, .passes = 1, .lanes = 1},
                                            .scram_iterations = sasl::scram_iterations_min};

class test_accounts {
 public:
  test_accounts() {
    std::string name = (std::filesystem::temp_directory_path() / "postern-auth-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~test_accounts() { std::filesystem::remove_all(directory_); }
  test_accounts(test_accounts const&) = delete;
  test_accounts& operator=(test_accounts const&) = delete;

  std::string directory() const { return directory_.string(); }
  std::string path() const { return (directory_ / "accounts.sqlite").string(); }
  account_store open() const {
    auto store = account_store::open(path());
    if (!store) {
      ADD_FAILURE() << store.error().text;
      std::abort();
    }
    return std::move(*store);
  }
  /// As the verifier takes them; example.org is the local domain.
  source_factory sources(std::function<wall_time()> now = {}) const {
    return [options = account_source_options{.database_path = path(),
                                             .local_domains = {"example.org"},
                                             .costs = cheap_costs,
                                             .now = std::move(now)}]() -> result<source_list> {
      source_list list;
      list.push_back(make_account_source(options));
      return list;
    };
  }
  void add(std::string_view name, std::string_view password) const {
    auto const added = open().add(name, make_verifiers(secret(password), cheap_costs).value(), wall_time::clock::now());
    EXPECT_TRUE(added && *added) << name;
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace postern::auth
