// Everything that one port serves, whatever it is asked in: gRPC, Connect, the checkout for browsers, pages.
#ifndef NBO_SERVER_SITE_HTTP_SITE_H_
#define NBO_SERVER_SITE_HTTP_SITE_H_

#include <memory>

#include "server/net/exchange.h"
#include "server/site/site_context.h"

namespace nbo::server {

class CheckoutDesk;

class HttpSite final : public Site {
 public:
  // `grpc` is shown what is gRPC. All must outlive it. `checkouts` may be null: there are none.
  HttpSite(Site* grpc, const SiteContext* context, CheckoutDesk* checkouts)
      : grpc_(grpc), context_(context), checkouts_(checkouts) {}

  std::shared_ptr<Receiver> Begin(Exchange* exchange) override;

 private:
  Site* const grpc_;
  const SiteContext* const context_;
  CheckoutDesk* const checkouts_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_HTTP_SITE_H_
