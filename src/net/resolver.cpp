#include "net/resolver.hpp"

#include <unbound.h>

#include <algorithm>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/one_shot.hpp"

namespace postern::net {
namespace {

constexpr int class_in = 1;
constexpr int rcode_no_error = 0;
constexpr int rcode_name_error = 3;

struct free_context {
  void operator()(ub_ctx* context) const noexcept { ub_ctx_delete(context); }
};
struct free_result {
  void operator()(ub_result* result) const noexcept { ub_resolve_free(result); }
};
using result_ptr = std::unique_ptr<ub_result, free_result>;

std::string describe_missing(lookup_status status, std::string_view name, dns::record_type type) {
  return fmt::format("Host or domain name not found. Name service error for name={} type={}: Host {}", name,
                     dns::format_record_type(type),
                     status == lookup_status::try_again ? "not found, try again" : "not found");
}

std::string describe_no_data(std::string_view name, dns::record_type type) {
  return fmt::format(
      "Host or domain name not found. Name service error for name={} type={}: Host found but no data record of "
      "requested type",
      name, dns::format_record_type(type));
}

}  // namespace

// The libunbound context and its pipe in the loop. Callbacks come from ub_process(), on the loop's thread.
class resolver::engine {
 public:
  struct pending {
    pending(event_loop& loop, engine& made_by) : owner(made_by), done(loop) {}
    engine& owner;
    int id = 0;
    one_shot<bool> done;
    int error = 0;
    result_ptr result;
  };

  engine(event_loop& loop, resolver_options const& options)
      : loop_(loop), context_(ub_ctx_create()), pipe_(loop.get_executor()), alive_(std::make_shared<bool>(true)) {
    if (!context_) return;
    configure(options);
    ub_ctx_async(context_.get(), 1);  // a thread, not a process: seccomp sets allow that
    // Names that libunbound would answer for by itself: a site may name its loopback addresses, and what is asked about
    // a name that does not exist is the name servers' to say. After this no option can be set any more.
    for (auto const* zone : {"127.in-addr.arpa.", "invalid.", "test."}) ub_ctx_zone_remove(context_.get(), zone);
    // A site may name its loopback addresses too. This call ends the configuration, so it comes last.
    ub_ctx_zone_remove(context_.get(), "127.in-addr.arpa.");
  }

  ~engine() {
    *alive_ = false;
    if (pipe_.is_open()) pipe_.release();  // libunbound closes it
  }

  /// Null when the question can't even be asked.
  std::shared_ptr<pending> start(std::string const& name, dns::record_type type) {
    if (!context_) return nullptr;
    auto query = std::make_shared<pending>(loop_, *this);
    int error = ub_resolve_async(context_.get(), name.c_str(), static_cast<int>(type), class_in, query.get(), on_result,
                                 &query->id);
    if (error != 0) {
      log::warning("resolver: {}", ub_strerror(error));
      return nullptr;
    }
    waiting_.emplace(query->id, query);
    listen();
    return query;
  }

  void stop(pending const& query) {
    ub_cancel(context_.get(), query.id);
    waiting_.erase(query.id);
  }

 private:
  void configure(resolver_options const& options) {
    auto set = [&](char const* name, std::string const& value) {
      if (int error = ub_ctx_set_option(context_.get(), name, value.c_str()); error != 0) {
        log::warning("resolver: option {} {}: {}", name, value, ub_strerror(error));
      }
    };
    set("do-not-query-localhost:", "no");
    set("unblock-lan-zones:", "yes");
    set("insecure-lan-zones:", "yes");
    set("msg-cache-size:", std::to_string(options.cache_octets / 2));
    set("rrset-cache-size:", std::to_string(options.cache_octets));
    set("num-queries-per-thread:", "512");
    set("outgoing-range:", "256");
    set("module-config:", options.trust_anchors.empty() ? "iterator" : "validator iterator");
    for (auto const& server : options.servers) {
      if (int error = ub_ctx_set_fwd(context_.get(), server.c_str()); error != 0) {
        log::warning("resolver: server {}: {}", server, ub_strerror(error));
      }
    }
    for (auto const& anchor : options.trust_anchors) {
      if (int error = ub_ctx_add_ta(context_.get(), anchor.c_str()); error != 0) {
        log::warning("resolver: trust anchor: {}", ub_strerror(error));
      }
    }
  }

  static void on_result(void* argument, int error, ub_result* result) {
    auto& query = *static_cast<pending*>(argument);
    query.error = error;
    query.result.reset(result);
    query.done.answer(true);
    query.owner.waiting_.erase(query.id);
  }

  void listen() {
    if (listening_) return;
    if (!pipe_.is_open()) pipe_.assign(ub_fd(context_.get()));
    listening_ = true;
    pipe_.async_wait(asio::posix::descriptor_base::wait_read, [this, alive = alive_](boost::system::error_code error) {
      if (!*alive) return;
      listening_ = false;
      if (error) return;
      ub_process(context_.get());
      if (!waiting_.empty()) listen();
    });
  }

  event_loop& loop_;
  std::unique_ptr<ub_ctx, free_context> context_;
  asio::posix::basic_stream_descriptor<executor> pipe_;
  std::shared_ptr<bool> alive_;
  std::unordered_map<int, std::shared_ptr<pending>> waiting_;
  bool listening_ = false;
};

resolver::resolver(event_loop& loop, resolver_options options) : loop_(loop), options_(std::move(options)) {}
resolver::~resolver() = default;

task<resolver::raw_answer> resolver::ask(std::string name, dns::record_type type) {
  raw_answer answer;
  answer.error = describe_missing(lookup_status::try_again, name, type);
  if (!engine_) engine_ = std::make_unique<engine>(loop_, options_);
  auto query = engine_->start(name, type);
  if (!query) co_return answer;
  auto answered = co_await query->done.wait(options_.deadline);
  if (!answered) {
    engine_->stop(*query);
    co_return answer;
  }
  if (query->error != 0 || !query->result || query->result->bogus) co_return answer;
  auto const& result = *query->result;
  if (result.rcode != rcode_no_error && result.rcode != rcode_name_error) co_return answer;
  answer.secure = result.secure;
  answer.status = result.nxdomain ? lookup_status::no_such_name : lookup_status::no_such_data;
  answer.error = result.nxdomain ? describe_missing(answer.status, name, type) : describe_no_data(name, type);
  for (int i = 0; result.havedata && result.data[i] != nullptr; ++i) {
    answer.data.emplace_back(result.data[i], static_cast<std::size_t>(result.len[i]));
  }
  if (answer.data.empty()) co_return answer;
  answer.status = lookup_status::found;
  answer.error.clear();
  co_return answer;
}

task<lookup<ip_address>> resolver::addresses(std::string host, address_family family) {
  lookup<ip_address> out;
  auto wanted = [&](ip_address const& address) {
    return family == address_family::any || address.is_v6() == (family == address_family::v6);
  };
  if (auto numeric = ip_address::parse(host)) {
    out.records = {*numeric};
  } else {
    out.records = options_.hosts.addresses_of(host);
  }
  std::erase_if(out.records, [&](auto const& address) { return !wanted(address); });
  if (!out.records.empty()) {
    out.status = lookup_status::found;
    co_return out;
  }
  out.status = lookup_status::no_such_data;
  bool first = true;
  for (auto type : {dns::record_type::a, dns::record_type::aaaa}) {
    if (!wanted(type == dns::record_type::a ? ip_address::from_v4({}) : *ip_address::parse("::"))) continue;
    auto answer = co_await ask(host, type);
    for (auto const& data : answer.data) {
      if (auto address = dns::parse_address(type, data)) out.records.push_back(*address);
    }
    out.secure = answer.secure && (first || out.secure);
    first = false;
    // The worst news that is not contradicted counts: a name that can't be asked for may exist.
    if (answer.status == lookup_status::try_again || out.error.empty()) {
      out.error = answer.error;
      if (out.status != lookup_status::try_again) out.status = answer.status;
    }
    if (answer.status == lookup_status::no_such_name) break;
  }
  if (!out.records.empty()) {
    out.status = lookup_status::found;
    out.error.clear();
  }
  co_return out;
}

task<lookup<dns::mail_exchanger>> resolver::mail_exchangers(std::string domain) {
  auto answer = co_await ask(domain, dns::record_type::mx);
  lookup<dns::mail_exchanger> out{answer.status, {}, answer.secure, answer.error};
  for (auto const& data : answer.data) {
    auto exchanger = dns::parse_mail_exchanger(data);
    if (exchanger && (exchanger->host.empty() || dns::is_host_name(exchanger->host))) {
      out.records.push_back(std::move(*exchanger));
    }
  }
  if (out.status == lookup_status::found && out.records.empty()) {
    out.status = lookup_status::no_such_data;
    out.error = fmt::format("Name service error for {}: malformed MX records", domain);
  }
  co_return out;
}

task<lookup<std::string>> resolver::names(ip_address address) {
  lookup<std::string> out;
  if (auto name = options_.hosts.name_of(address); !name.empty()) {
    out.status = lookup_status::found;
    out.records.push_back(std::move(name));
    co_return out;
  }
  auto answer = co_await ask(dns::format_reverse_name(address), dns::record_type::ptr);
  out.status = answer.status;
  out.secure = answer.secure;
  out.error = answer.error;
  for (auto const& data : answer.data) {
    auto name = dns::parse_name(data);
    if (name && dns::is_host_name(*name)) out.records.push_back(std::move(*name));
  }
  if (out.status == lookup_status::found && out.records.empty()) {
    out.status = lookup_status::no_such_data;
    out.error = fmt::format("{} has no valid host name", address.text());
  }
  co_return out;
}

task<lookup<std::string>> resolver::texts(std::string name) {
  auto answer = co_await ask(name, dns::record_type::txt);
  lookup<std::string> out{answer.status, {}, answer.secure, answer.error};
  for (auto const& data : answer.data) {
    if (auto text = dns::parse_text(data)) out.records.push_back(std::move(*text));
  }
  co_return out;
}

task<lookup<std::string>> resolver::name_servers(std::string domain) {
  auto answer = co_await ask(domain, dns::record_type::ns);
  lookup<std::string> out{answer.status, {}, answer.secure, answer.error};
  for (auto const& data : answer.data) {
    auto name = dns::parse_name(data);
    if (name && dns::is_host_name(*name)) out.records.push_back(std::move(*name));
  }
  if (out.status == lookup_status::found && out.records.empty()) {
    out.status = lookup_status::no_such_data;
    out.error = fmt::format("Name service error for {}: malformed NS records", domain);
  }
  co_return out;
}

task<lookup<std::string>> resolver::confirmed_name(ip_address address) {
  auto out = co_await names(address);
  if (out.status != lookup_status::found) co_return out;
  out.records.resize(1);
  auto back = co_await addresses(out.records.front(), address.is_v6() ? address_family::v6 : address_family::v4);
  if (back.status == lookup_status::found && std::ranges::find(back.records, address) != back.records.end()) {
    out.secure = out.secure && back.secure;
    co_return out;
  }
  out.status = back.status == lookup_status::found ? lookup_status::no_such_data : back.status;
  out.error = back.status == lookup_status::found
                  ? fmt::format("hostname {} does not resolve to address {}", out.records.front(), address.text())
                  : fmt::format("hostname {} does not resolve to address {}: {}", out.records.front(), address.text(),
                                back.error);
  co_return out;
}

}  // namespace postern::net
