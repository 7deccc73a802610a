// The API as a page for people, at /api.
#ifndef NBO_SERVER_HTTP_API_PAGE_H_
#define NBO_SERVER_HTTP_API_PAGE_H_

#include <string>

#include "server/http/api_model.h"

namespace nbo::server {

// HTML that needs no other file and no script: each service with its methods and how to call them by curl, each message
// with its fields, each enumeration with its values, and what errors there are; all with the comments of the .proto
// files.
std::string MakeApiPage(const ApiModel& model);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_API_PAGE_H_
