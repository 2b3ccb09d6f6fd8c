#include "admin/smtp_dialogue.hpp"

#include "base/text.hpp"

namespace postern::admin {

net::task<net::io_result<>> smtp_dialogue::connect(net::endpoint to) {
  auto connected = co_await net::connect_tcp(loop_, to, within_);
  if (!connected) co_return std::unexpected(connected.error());
  stream_ = std::move(*connected);
  co_return net::io_result<>{};
}

void smtp_dialogue::show_reply(std::string_view octets) {
  for (auto line : split(octets, '\n')) {
    line = trim(line);
    if (!line.empty()) show_(true, printable(line));
  }
}

net::task<smtp_dialogue::reply> smtp_dialogue::read_reply() {
  std::string seen;
  char buffer[4096];
  for (;;) {
    std::string_view rest = input_;
    auto outcome = reader_.feed(rest);
    seen += input_.substr(0, input_.size() - rest.size());
    input_.erase(0, input_.size() - rest.size());
    if (outcome == smtp::reply_reader::outcome::malformed) {
      show_reply(seen + input_);
      co_return std::unexpected(net::io_failure{net::io_problem::failed, "what comes is not an SMTP reply"});
    }
    if (outcome == smtp::reply_reader::outcome::complete) {
      show_reply(seen);
      co_return reader_.value();
    }
    auto got = co_await stream_->read_some(buffer, within_);
    if (!got) {
      show_reply(seen);
      co_return std::unexpected(got.error());
    }
    input_.append(buffer, *got);
  }
}

net::task<smtp_dialogue::reply> smtp_dialogue::command(std::string line) {
  show_(false, line);
  line += "\r\n";
  auto written = co_await stream_->write(line, within_);
  if (!written) co_return std::unexpected(written.error());
  co_return co_await read_reply();
}

net::task<smtp_dialogue::reply> smtp_dialogue::command_in_secret(secret line, std::string shown) {
  show_(false, shown);
  std::string octets;
  octets.reserve(line.size() + 2);  // no second copy when the line end is put on
  octets.append(line.reveal()).append("\r\n");
  auto written = co_await stream_->write(octets, within_);
  wipe(octets);
  if (!written) co_return std::unexpected(written.error());
  co_return co_await read_reply();
}

net::task<net::io_result<>> smtp_dialogue::start_tls(std::shared_ptr<net::tls_context> context, std::string host,
                                                     bool& clean) {
  clean = input_.empty();
  input_.clear();
  auto session = net::tls_session::connect(*context, stream_->native_handle(), host);
  co_return co_await stream_->start_tls(std::move(session), within_);
}

void smtp_dialogue::close() {
  if (stream_) stream_->close();
}

std::string smtp_dialogue::own_literal() const {
  auto own = net::local_endpoint(stream_->native_handle());
  if (!own) return "[127.0.0.1]";
  return own->address.is_v6() ? "[IPv6:" + own->address.text() + "]" : "[" + own->address.text() + "]";
}

}  // namespace postern::admin
