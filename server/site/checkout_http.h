// The checkout for browsers: steps by POST, what to offer by server-sent events (HTML standard, 9.2). proto/README.md
// tells how to use it.
#ifndef NBO_SERVER_SITE_CHECKOUT_HTTP_H_
#define NBO_SERVER_SITE_CHECKOUT_HTTP_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "server/checkout/checkout_desk.h"
#include "server/net/exchange.h"
#include "server/site/site_context.h"

namespace nbo::server {

inline constexpr absl::string_view kCheckoutPath = "/checkout/";

// Takes a request under kCheckoutPath. Desk and context must outlive it.
std::shared_ptr<Receiver> BeginCheckoutRequest(Exchange* exchange, CheckoutDesk* desk, const SiteContext* context);

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_CHECKOUT_HTTP_H_
