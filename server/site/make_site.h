// The site as the configuration has it.
#ifndef NBO_SERVER_SITE_MAKE_SITE_H_
#define NBO_SERVER_SITE_MAKE_SITE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/config/settings.h"
#include "server/rpc/method_table.h"
#include "server/site/site_context.h"

namespace nbo::server {

// INVALID_ARGUMENT: http.cors_origins or http.web_dir; names the key. That there are no screens is no error unless
// http.web_dir says where they are.
absl::StatusOr<std::unique_ptr<SiteContext>> MakeSiteContext(const Settings& settings, const MethodTable* methods);

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_MAKE_SITE_H_
