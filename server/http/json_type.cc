#include "server/http/json_type.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

JsonForm FormOf(const Descriptor& descriptor) {
  if (descriptor.options().map_entry()) return JsonForm::kMapEntry;
  switch (descriptor.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED: return JsonForm::kObject;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: return JsonForm::kTimestamp;
    case Descriptor::WELLKNOWNTYPE_DURATION: return JsonForm::kDuration;
    default: break;
  }
  std::fprintf(stderr, "JsonCodec has no form for %s: give it one in server/http\n", descriptor.full_name().c_str());
  std::abort();
}

}  // namespace

JsonTypes::JsonTypes(absl::Span<const Descriptor* const> roots) {
  for (const Descriptor* root : roots) Add(root);
}

const JsonType* JsonTypes::Add(const Descriptor* descriptor) {
  if (const auto known = types_.find(descriptor); known != types_.end()) return known->second.get();
  JsonType* const type = types_.emplace(descriptor, std::make_unique<JsonType>()).first->second.get();
  type->descriptor = descriptor;
  type->form = FormOf(*descriptor);
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* const field = descriptor->field(i);
    JsonField added;
    added.field = field;
    added.key = absl::StrCat(",\"", field->json_name(), "\":");
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) added.type = Add(field->message_type());
    type->fields.push_back(std::move(added));
  }
  std::sort(type->fields.begin(), type->fields.end(),
            [](const JsonField& a, const JsonField& b) { return a.field->number() < b.field->number(); });
  for (const JsonField& field : type->fields) {
    type->by_name.emplace(field.field->json_name(), &field);
    type->by_name.emplace(field.field->name(), &field);
  }
  return type;
}

}  // namespace nbo::server
