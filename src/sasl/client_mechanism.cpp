#include "sasl/client_mechanism.hpp"

namespace postern::sasl {

result<> client_mechanism::on_success(std::optional<std::string_view>) { return {}; }

}  // namespace postern::sasl
