#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "server/http/json_codec.h"
#include "server/http/json_value.h"

namespace nbo::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;

constexpr size_t kMaxIgnoredPathBytes = 128;
constexpr char kHalfAPair[] = "holds an escape of half a surrogate pair, which is no character";

// RapidJSON 1.1.0 refuses the first half of a pair without the second, but writes down a second half alone. Nothing
// else can be wrong with its texts, since what they were read from is UTF-8.
bool HasLoneSurrogate(absl::string_view text) {
  for (size_t at = text.find('\xED'); at != absl::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

// Told by RapidJSON what it reads; what returns bool says whether to go on.
class Reader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Reader> {
 public:
  Reader(Message* message, const JsonType* type, std::string* ignored) : ignored_(ignored) {
    levels_.reserve(8);
    levels_.push_back({Level::kRoot, message, type, nullptr, 0});
  }

  // INVALID_ARGUMENT: why reading was stopped; OK: the text is no JSON.
  const absl::Status& status() const { return status_; }

  bool Null() {
    if (ignoring_ > 0 || levels_.back().kind == Level::kRoot) return Scalar({JsonValue::kNull, {}});
    Level& level = levels_.back();
    if (level.field == nullptr) return true;
    if (level.kind == Level::kList) return Refuse("null is no element of a list; leave it out");
    if (level.kind == Level::kMap) return Refuse("null is no value of a map; leave the key out");
    if (!IsNullValue(*level.field->field)) return true;  // as if it were not there
    return Scalar({JsonValue::kNull, {}});
  }
  bool Bool(bool value) { return Scalar({value ? JsonValue::kTrue : JsonValue::kFalse, {}}); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return Scalar({JsonValue::kNumber, absl::string_view(text, size)});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (HasLoneSurrogate({text, size})) return Refuse(kHalfAPair);
    return Scalar({JsonValue::kText, absl::string_view(text, size)});
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    const absl::string_view name(text, size);
    if (HasLoneSurrogate(name)) return Refuse(absl::StrCat("a key ", kHalfAPair));
    if (ignoring_ > 0) return true;
    Level& level = levels_.back();
    if (level.kind == Level::kMap) {
      key_.assign(text, size);
      return true;
    }
    const auto found = level.type->by_name.find(name);
    level.field = found == level.type->by_name.end() ? nullptr : found->second;
    if (level.field == nullptr) Note(name);
    return true;
  }

  bool StartObject() {
    if (ignoring_ > 0) return Deeper();
    Level& level = levels_.back();
    if (level.kind == Level::kRoot && !has_root_) {
      has_root_ = true;
      levels_.push_back({Level::kObject, level.message, level.type, nullptr, 0});
      return true;
    }
    if (level.field == nullptr) return Deeper();
    if (!CheckOneof(level)) return false;
    const JsonField& field = *level.field;
    if (field.type == nullptr) return Refuse(absl::StrCat("an object where there must be ", Expected(*field.field)));
    if (levels_.size() > kMaxJsonDepth) return RefuseDepth();
    if (field.type->form == JsonForm::kMapEntry && level.kind == Level::kObject) {
      if (level.message->GetReflection()->FieldSize(*level.message, field.field) > 0) return Refuse("is given twice");
      levels_.push_back({Level::kMap, level.message, level.type, &field, 0});
      return true;
    }
    if (field.field->is_repeated() && level.kind == Level::kObject)
      return Refuse("an object where there must be a list");
    const JsonField& value = level.kind == Level::kMap ? field.type->fields[1] : field;
    if (value.type == nullptr || value.type->form != JsonForm::kObject) {
      return Refuse(absl::StrCat("an object where there must be ", Expected(*value.field)));
    }
    Message* const inner = Place(&level, value);
    if (inner == nullptr) return false;
    levels_.push_back({Level::kObject, inner, value.type, nullptr, 0});
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (ignoring_ > 0) return --ignoring_, true;
    if (levels_.back().kind == Level::kMap && !CheckKeys(levels_.back())) return false;
    levels_.pop_back();
    return true;
  }

  bool StartArray() {
    if (ignoring_ > 0) return Deeper();
    Level& level = levels_.back();
    if (level.kind == Level::kRoot) return Refuse("the request must be a JSON object, and is a list");
    if (level.field == nullptr) return Deeper();
    const JsonField& field = *level.field;
    if (level.kind != Level::kObject || !field.field->is_repeated() || field.field->is_map()) {
      return Refuse(absl::StrCat("a list where there must be ", Expected(*field.field)));
    }
    if (levels_.size() > kMaxJsonDepth) return RefuseDepth();
    levels_.push_back({Level::kList, level.message, level.type, &field, 0});
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    if (ignoring_ > 0) return --ignoring_, true;
    levels_.pop_back();
    return true;
  }

 private:
  // What is being read into.
  struct Level {
    enum Kind : char { kRoot, kObject, kList, kMap } kind;
    Message* message;        // of a list or map: the one that has it
    const JsonType* type;    // of `message`
    const JsonField* field;  // of an object: whose value comes next, null if it is not known; of others: itself
    int size;                // of a list: elements so far
  };

  static bool IsNullValue(const FieldDescriptor& field) {
    return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
           field.enum_type()->full_name() == "google.protobuf.NullValue";
  }

  static std::string Expected(const FieldDescriptor& field) {
    return field.is_map() ? "an object of keys and values" : DescribeJson(field);
  }

  bool Scalar(const JsonValue& value) {
    if (ignoring_ > 0) return true;
    Level& level = levels_.back();
    if (level.kind == Level::kRoot) return Refuse("the request must be a JSON object");
    if (level.field == nullptr) return true;
    if (!CheckOneof(level)) return false;
    const JsonField& field = *level.field;
    if (level.kind == Level::kObject && field.field->is_repeated()) {
      return Refuse(field.field->is_map() ? "must be an object of keys and values" : "must be a list");
    }
    const JsonField& target = level.kind == Level::kMap ? field.type->fields[1] : field;
    if (target.type != nullptr) return Time(&level, target, value);
    if (level.kind == Level::kMap) {
      Message* const entry = AddEntry(&level);
      return entry != nullptr && Take(SetJsonValue(value, entry, target.field));
    }
    const absl::Status set = level.kind == Level::kList ? AddJsonValue(value, level.message, field.field)
                                                        : SetJsonValue(value, level.message, field.field);
    if (!Take(set)) return false;
    ++level.size;
    return true;
  }

  // The messages that are written as texts.
  bool Time(Level* level, const JsonField& field, const JsonValue& value) {
    const bool has_form = field.type->form == JsonForm::kTimestamp || field.type->form == JsonForm::kDuration;
    if (!has_form || value.kind != JsonValue::kText)
      return Refuse(absl::StrCat("must be ", DescribeJson(*field.field)));
    Message* const message = Place(level, field);
    if (message == nullptr) return false;
    const std::string text(value.text);
    const bool read = field.type->form == JsonForm::kTimestamp
                          ? TimeUtil::FromString(text, static_cast<google::protobuf::Timestamp*>(message))
                          : TimeUtil::FromString(text, static_cast<google::protobuf::Duration*>(message));
    if (read) return true;
    if (level->kind == Level::kList) --level->size;  // the one that is meant
    return Refuse(absl::StrCat("must be ", DescribeJson(*field.field)));
  }

  // A new message for the value that has begun.
  Message* Place(Level* level, const JsonField& field) {
    if (level->kind == Level::kMap) {
      Message* const entry = AddEntry(level);
      return entry == nullptr ? nullptr : entry->GetReflection()->MutableMessage(entry, field.field);
    }
    const Reflection* const reflection = level->message->GetReflection();
    if (level->kind == Level::kObject) return reflection->MutableMessage(level->message, field.field);
    ++level->size;
    return reflection->AddMessage(level->message, field.field);
  }

  // A new entry of a map under the key read last; null if it is no such key.
  Message* AddEntry(Level* level) {
    const JsonType& type = *level->field->type;
    Message* const entry = level->message->GetReflection()->AddMessage(level->message, level->field->field);
    const JsonValue key{JsonValue::kKey, key_};
    return Take(SetJsonValue(key, entry, type.fields[0].field)) ? entry : nullptr;
  }

  // A key may be given once. All at the end, since a map may be long.
  bool CheckKeys(const Level& level) {
    const Reflection* const reflection = level.message->GetReflection();
    const FieldDescriptor* const map = level.field->field;
    const FieldDescriptor* const key_field = level.field->type->fields[0].field;
    if (key_field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return true;  // the API has no others
    std::vector<std::string> keys(static_cast<size_t>(reflection->FieldSize(*level.message, map)));
    for (size_t i = 0; i < keys.size(); ++i) {
      const Message& entry = reflection->GetRepeatedMessage(*level.message, map, static_cast<int>(i));
      keys[i] = entry.GetReflection()->GetString(entry, key_field);
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    return twice == keys.end() || Refuse(absl::StrCat("key '", *twice, "' is given twice"));
  }

  // Only one of a oneof may be named.
  bool CheckOneof(const Level& level) {
    const OneofDescriptor* const oneof =
        level.kind == Level::kObject ? level.field->field->real_containing_oneof() : nullptr;
    if (oneof == nullptr) return true;
    const FieldDescriptor* const set = level.message->GetReflection()->GetOneofFieldDescriptor(*level.message, oneof);
    if (set == nullptr || set == level.field->field) return true;
    return Refuse(absl::StrCat("only one of '", set->name(), "' and '", level.field->field->name(), "' may be set"));
  }

  bool Deeper() {
    if (levels_.size() + static_cast<size_t>(ignoring_) > kMaxJsonDepth) return RefuseDepth();
    ++ignoring_;
    return true;
  }

  bool Take(const absl::Status& status) { return status.ok() || Refuse(status.message()); }
  bool RefuseDepth() { return Refuse(absl::StrCat("nested more than ", kMaxJsonDepth, " deep")); }
  bool Refuse(absl::string_view what) {
    const std::string path = Path();
    status_ = absl::InvalidArgumentError(path.empty() ? std::string(what) : absl::StrCat(path, ": ", what));
    return false;
  }

  // Of the value that comes next, by the names of the .proto, as handlers name fields.
  std::string Path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.kind == Level::kList) {
        absl::StrAppend(&path, "[", &level == &levels_.back() ? level.size : level.size - 1, "]");
      } else if (level.kind == Level::kObject && level.field != nullptr) {
        absl::StrAppend(&path, path.empty() ? "" : ".", level.field->field->name());
      }
    }
    return path;
  }

  void Note(absl::string_view name) {
    if (ignored_ == nullptr || !ignored_->empty()) return;
    *ignored_ = Path();
    absl::StrAppend(ignored_, ignored_->empty() ? "" : ".", name.substr(0, kMaxIgnoredPathBytes));
    ignored_->resize(std::min(ignored_->size(), kMaxIgnoredPathBytes));
    std::replace_if(
        ignored_->begin(), ignored_->end(), [](char c) { return !absl::ascii_isprint(c); }, '?');
  }

  std::vector<Level> levels_;
  int ignoring_ = 0;  // objects and lists open in what is ignored
  bool has_root_ = false;
  std::string key_;  // of a map, read last
  std::string* const ignored_;
  absl::Status status_;
};

}  // namespace

absl::Status JsonCodec::Parse(absl::string_view json, Message* message, std::string* ignored) const {
  if (ignored != nullptr) ignored->clear();
  // All of it at once, since RapidJSON looks at each byte.
  if (const size_t bad = FindInvalidUtf8(json); bad != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the request is not JSON: not valid UTF-8 (byte ", bad, ")"));
  }
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag;  // recursion is bounded by Reader
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader parser;
  Reader reader(message, &types_.Get(message->GetDescriptor()), ignored);
  const rapidjson::ParseResult result = parser.Parse<kFlags>(stream, reader);
  // RapidJSON takes a zero byte for the end.
  if (!result.IsError() && stream.Tell() < json.size()) {
    return absl::InvalidArgumentError(absl::StrCat("the request is not JSON: a zero byte (byte ", stream.Tell(), ")"));
  }
  if (!result.IsError()) return absl::OkStatus();
  if (!reader.status().ok()) return reader.status();
  if (result.Code() == rapidjson::kParseErrorDocumentEmpty) {
    return absl::InvalidArgumentError("the request is empty; a request without fields is {}");
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the request is not JSON: ", rapidjson::GetParseError_En(result.Code()), " (byte ", result.Offset(), ")"));
}

}  // namespace nbo::server
