// The pages: the API's own, and the screens.
#ifndef NBO_SERVER_SITE_PAGES_H_
#define NBO_SERVER_SITE_PAGES_H_

#include <memory>

#include "server/net/exchange.h"
#include "server/site/site_context.h"

namespace nbo::server {

// Answers a request that is no call of a method: a page, a file, a redirection, or 404 in the form of an error of the
// API.
void RespondPage(Exchange* exchange, const SiteContext& context);

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_PAGES_H_
