// Tables by which messages become JSON: for each message type its fields with their names. Used by JsonCodec.
#ifndef NBO_SERVER_HTTP_JSON_TYPE_H_
#define NBO_SERVER_HTTP_JSON_TYPE_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace nbo::server {

struct JsonType;

struct JsonField {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::string key;                 // `,"productId":`
  const JsonType* type = nullptr;  // of a message, and of a map: its entry
};

// How a message is written.
enum class JsonForm : char { kObject, kMapEntry, kTimestamp, kDuration };

struct JsonType {
  const google::protobuf::Descriptor* descriptor = nullptr;
  JsonForm form = JsonForm::kObject;
  std::vector<JsonField> fields;                               // by number
  absl::flat_hash_map<std::string, const JsonField*> by_name;  // lowerCamelCase, and as in the .proto
};

// Immutable.
class JsonTypes {
 public:
  explicit JsonTypes(absl::Span<const google::protobuf::Descriptor* const> roots);

  // One of the roots, or of what they hold.
  const JsonType& Get(const google::protobuf::Descriptor* descriptor) const { return *types_.at(descriptor); }

 private:
  const JsonType* Add(const google::protobuf::Descriptor* descriptor);

  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<JsonType>> types_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_JSON_TYPE_H_
