// The API as OpenAPI 3.1, for tools.
#ifndef NBO_SERVER_HTTP_OPENAPI_H_
#define NBO_SERVER_HTTP_OPENAPI_H_

#include <string>

#include "server/http/api_model.h"

namespace nbo::server {

// JSON: every unary method, by POST and where it is allowed by GET, and every message and enumeration with its
// comments. Streams are no part of HTTP/JSON; the checkout for browsers is.
std::string MakeOpenApi(const ApiModel& model);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_OPENAPI_H_
