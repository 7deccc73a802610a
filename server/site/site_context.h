// What is served besides gRPC, made once.
#ifndef NBO_SERVER_SITE_SITE_CONTEXT_H_
#define NBO_SERVER_SITE_SITE_CONTEXT_H_

#include "server/http/cors.h"
#include "server/http/json_codec.h"
#include "server/http/static_files.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

// Read by all threads, changed by none.
struct SiteContext {
  // The table must outlive it, and have its methods already.
  explicit SiteContext(const MethodTable* table);

  const MethodTable* methods;
  const JsonCodec codec;  // of all messages of these methods
  CorsPolicy cors;
  StaticFiles screens;
  StaticFile openapi;   // /openapi.json
  StaticFile api_page;  // /api
};

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_SITE_CONTEXT_H_
