#include "server/site/site_context.h"

#include <vector>

#include "server/http/api_model.h"
#include "server/http/api_page.h"
#include "server/http/openapi.h"

namespace nbo::server {
namespace {

std::vector<const google::protobuf::Descriptor*> MessagesOf(const MethodTable& table) {
  std::vector<const google::protobuf::Descriptor*> messages;
  for (const auto& [path, method] : table.methods()) {
    if (method.descriptor == nullptr) continue;
    messages.push_back(method.descriptor->input_type());
    messages.push_back(method.descriptor->output_type());
  }
  return messages;
}

}  // namespace

SiteContext::SiteContext(const MethodTable* table) : methods(table), codec(MessagesOf(*table)) {
  const ApiModel model;
  openapi = MakeStaticFile("openapi.json", MakeOpenApi(model));
  api_page = MakeStaticFile("api.html", MakeApiPage(model));
}

}  // namespace nbo::server
