#include "server/http/api_model.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

// The set of descriptors, copied into the program as it is by the assembler. NBO_API_DESCRIPTORS is its file.
__asm__(
    ".section .rodata\n"
    ".balign 8\n"
    ".global nbo_api_descriptors_begin\n"
    "nbo_api_descriptors_begin:\n"
    ".incbin \"" NBO_API_DESCRIPTORS
    "\"\n"
    ".global nbo_api_descriptors_end\n"
    "nbo_api_descriptors_end:\n"
    ".previous\n");
extern "C" const char nbo_api_descriptors_begin[];
extern "C" const char nbo_api_descriptors_end[];

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptor;

constexpr absl::string_view kPackage = "nbo.v1";

template <typename Named>
void SortByName(std::vector<const Named*>* items) {
  std::sort(items->begin(), items->end(),
            [](const Named* a, const Named* b) { return a->full_name() < b->full_name(); });
}

std::string ExampleOfField(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: return absl::StrCat("\"", field.json_name(), "\"");
    case FieldDescriptor::CPPTYPE_BOOL: return "true";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("\"", field.enum_type()->value(std::min(1, field.enum_type()->value_count() - 1))->name(),
                          "\"");
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
    default: return "1";
  }
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: return "\"2026-05-01T12:00:00Z\"";
    case Descriptor::WELLKNOWNTYPE_DURATION: return "\"1.5s\"";
    default: return ExampleOf(*field.message_type());
  }
}

}  // namespace

ApiModel::ApiModel() {
  FileDescriptorSet set;
  const auto size = static_cast<int>(nbo_api_descriptors_end - nbo_api_descriptors_begin);
  if (!set.ParseFromArray(nbo_api_descriptors_begin, size)) std::abort();  // the build made it so
  for (const FileDescriptorProto& proto : set.file()) {
    const FileDescriptor* const file = pool_.BuildFile(proto);
    if (file == nullptr) std::abort();
    if (file->package() != kPackage) continue;
    for (int i = 0; i < file->service_count(); ++i) services_.push_back(file->service(i));
    for (int i = 0; i < file->message_type_count(); ++i) AddMessage(file->message_type(i));
    for (int i = 0; i < file->enum_type_count(); ++i) enums_.push_back(file->enum_type(i));
  }
  SortByName(&services_);
  SortByName(&messages_);
  SortByName(&enums_);
}

void ApiModel::AddMessage(const Descriptor* message) {
  if (message->options().map_entry()) return;
  messages_.push_back(message);
  for (int i = 0; i < message->nested_type_count(); ++i) AddMessage(message->nested_type(i));
  for (int i = 0; i < message->enum_type_count(); ++i) enums_.push_back(message->enum_type(i));
}

std::string JoinComment(absl::string_view raw) {
  std::string joined;
  bool begins = true;
  for (absl::string_view line : absl::StrSplit(absl::StripAsciiWhitespace(raw), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) {
      if (!begins) joined.push_back('\n');
      begins = true;
      continue;
    }
    absl::StrAppend(&joined, begins ? "" : " ", line);
    begins = false;
  }
  return joined;
}

bool HasNoSideEffects(const MethodDescriptor& method) {
  return method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

std::string ExampleOf(const Descriptor& message) {
  std::string json = "{";
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const auto* const oneof = field.real_containing_oneof();
    // Of a oneof the first will do.
    const bool wanted = oneof != nullptr ? oneof->field(0) == &field : absl::StartsWith(CommentOf(field), "Required");
    if (!wanted) continue;
    const std::string value = ExampleOfField(field);
    absl::StrAppend(&json, json.size() == 1 ? "" : ", ", "\"", field.json_name(),
                    "\": ", field.is_repeated() ? absl::StrCat("[", value, "]") : value);
  }
  return json + "}";
}

}  // namespace nbo::server
