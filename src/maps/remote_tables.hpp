#pragma once
// Purpose: the tables that another process or machine answers for, as table.cpp's rows want them: open, and what open()
//          and find() need of the sandbox. One file a type.
// Errors: open() complains of the table's description, never of a server that is away: that is find()'s answer.
// Concurrency: as table.hpp; find() blocks, each type under a deadline of its own.

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "maps/table.hpp"
#include "os/sandbox.hpp"

namespace postern::maps {

result<std::unique_ptr<table>> open_tcp(std::string_view name);
result<std::unique_ptr<table>> open_socketmap(std::string_view name);
result<std::unique_ptr<table>> open_proxy(std::string_view name);
result<std::unique_ptr<table>> open_memcache(std::string_view name);
result<std::unique_ptr<table>> open_redis(std::string_view name);
result<std::unique_ptr<table>> open_mysql(std::string_view name);
result<std::unique_ptr<table>> open_pgsql(std::string_view name);
result<std::unique_ptr<table>> open_sqlite(std::string_view name);
result<std::unique_ptr<table>> open_ldap(std::string_view name);

void ask_for_tcp(std::string_view name, os::sandbox_rules& rules);
void ask_for_socketmap(std::string_view name, os::sandbox_rules& rules);
void ask_for_proxy(std::string_view name, os::sandbox_rules& rules);
void ask_for_memcache(std::string_view name, os::sandbox_rules& rules);
void ask_for_redis(std::string_view name, os::sandbox_rules& rules);
void ask_for_mysql(std::string_view name, os::sandbox_rules& rules);
void ask_for_pgsql(std::string_view name, os::sandbox_rules& rules);
void ask_for_sqlite(std::string_view name, os::sandbox_rules& rules);
void ask_for_ldap(std::string_view name, os::sandbox_rules& rules);

/// What all of these are.
class remote_table : public table {
 public:
  result<std::vector<entry>> entries() override { return fail("what another program answers for cannot be listed"); }
  bool blocks() const override { return true; }
};

}  // namespace postern::maps
