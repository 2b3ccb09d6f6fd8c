#include "maps/cdb_table.hpp"

#include <cdb.h>
#include <fcntl.h>

#include <cerrno>
#include <limits>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/stored_text.hpp"
#include "maps/watched_table.hpp"
#include "os/unique_fd.hpp"

namespace postern::maps {
namespace {

class cdb_table final : public table {
 public:
  cdb_table(std::string named, os::unique_fd file) : named_(std::move(named)), file_(std::move(file)) {}
  ~cdb_table() override {
    if (mapped_) ::cdb_free(&database_);
  }
  cdb_table(cdb_table const&) = delete;
  cdb_table& operator=(cdb_table const&) = delete;

  bool map() { return mapped_ = ::cdb_init(&database_, file_.get()) == 0; }

  result<std::optional<std::string>> find(std::string_view key) override { return find_exact(lowercase(key)); }

  result<std::optional<std::string>> find_exact(std::string_view key) override {
    if (key.size() >= std::numeric_limits<unsigned>::max()) return std::nullopt;
    for (auto const& text : {std::string(key) + '\0', std::string(key)}) {
      int const status = ::cdb_find(&database_, text.data(), static_cast<unsigned>(text.size()));
      if (status < 0) return broken();
      if (status == 0) continue;
      auto const* value = ::cdb_getdata(&database_);
      if (value == nullptr) return broken();
      return std::string(without_nul({static_cast<char const*>(value), cdb_datalen(&database_)}));
    }
    return std::nullopt;
  }

  result<std::vector<entry>> entries() override {
    std::vector<entry> out;
    unsigned place = 0;
    int status = 0;
    cdb_seqinit(&place, &database_);
    while ((status = ::cdb_seqnext(&place, &database_)) > 0) {
      auto const* key = ::cdb_getkey(&database_);
      auto const* value = ::cdb_getdata(&database_);
      if (key == nullptr || value == nullptr) return broken();
      out.push_back({std::string(without_nul({static_cast<char const*>(key), cdb_keylen(&database_)})),
                     std::string(without_nul({static_cast<char const*>(value), cdb_datalen(&database_)}))});
    }
    if (status < 0) return broken();
    return out;
  }

 private:
  std::unexpected<failure> broken() const { return fail(named_ + ": the file is damaged; make it anew with postmap"); }

  std::string named_;
  os::unique_fd file_;
  struct ::cdb database_{};
  bool mapped_ = false;
};

result<std::unique_ptr<table>> read_table(std::string const& named, std::string const& path) {
  os::unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(fmt::format("{}: make it with: postmap {}: open {}", named, named, path), errno);
  auto made = std::make_unique<cdb_table>(named, std::move(file));
  if (!made->map())
    return fail(fmt::format("{}: {} is no constant database; make it with: postmap {}", named, path, named));
  return made;
}

}  // namespace

result<std::unique_ptr<table>> open_cdb(std::string_view name) {
  auto named = fmt::format("cdb:{}", name);
  auto path = std::string(name) + ".cdb";
  return watch_file(path, [named, path] { return read_table(named, path); });
}

}  // namespace postern::maps
