#include "tests/server/http/api_messages.h"

#include <algorithm>
#include <limits>
#include <string>

#include "nbo/v1/budget_service.pb.h"
#include "nbo/v1/catalog_service.pb.h"
#include "nbo/v1/customer_service.pb.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"
#include "nbo/v1/maintenance_service.pb.h"
#include "nbo/v1/profile_service.pb.h"
#include "nbo/v1/rules_service.pb.h"
#include "nbo/v1/segment_service.pb.h"
#include "nbo/v1/switch_service.pb.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 4;

class Filler {
 public:
  explicit Filler(std::mt19937_64* random) : random_(*random) {}

  void Fill(int depth, Message* message) {
    const Descriptor& type = *message->GetDescriptor();
    if (type.full_name() == "google.protobuf.Timestamp") return FillTime(-62135596800, 253402300799, message);
    if (type.full_name() == "google.protobuf.Duration") return FillTime(0, 315576000000, message);
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* const field = type.field(i);
      const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
      if (Below(2) == 0 || (is_message && depth >= kMaxDepth)) continue;
      const int times = field->is_repeated() ? 1 + static_cast<int>(Below(3)) : 1;
      for (int n = 0; n < times; ++n) Set(depth, field, message);
    }
  }

 private:
  uint64_t Below(uint64_t end) { return random_() % end; }

  void FillTime(int64_t first, int64_t last, Message* message) {
    const Descriptor& type = *message->GetDescriptor();
    const Reflection& reflection = *message->GetReflection();
    const auto span = static_cast<uint64_t>(last - first);
    reflection.SetInt64(message, type.FindFieldByNumber(1), first + static_cast<int64_t>(Below(span)));
    constexpr int32_t kNanos[] = {0, 500'000'000, 123'456'000, 1, 999'999'999};
    reflection.SetInt32(message, type.FindFieldByNumber(2), kNanos[Below(5)]);
  }

  template <typename Integer>
  Integer RandomInteger() {
    constexpr Integer kSpecial[] = {0, 1, std::numeric_limits<Integer>::max(), std::numeric_limits<Integer>::min()};
    return Below(4) == 0 ? kSpecial[Below(4)] : static_cast<Integer>(random_());
  }

  double RandomReal() {
    const double special[] = {0.1, -1.5, 1e300, 5e-324, 1.0 / 3, 123456789.0, -0.0};
    return Below(2) == 0 ? special[Below(7)] : std::uniform_real_distribution<double>(-1e6, 1e6)(random_);
  }

  std::string RandomText() {
    static const std::string pieces[] = {"a",  "Z9",   " ",    "\"", "\\", "/",  "\n",
                                         "\t", "\x01", "\x7f", "é",  "Ж",  "漢", "😀"};
    std::string text;
    for (uint64_t n = Below(6); n > 0; --n) text += pieces[Below(14)];
    return text;
  }

  // Sets a singular field, or adds to a repeated one.
  template <typename Value, typename Setter, typename Adder>
  void Put(const FieldDescriptor* field, Message* message, Setter set, Adder add, const Value& value) {
    const Reflection* const reflection = message->GetReflection();
    if (field->is_repeated()) {
      (reflection->*add)(message, field, value);
    } else {
      (reflection->*set)(message, field, value);
    }
  }

  void Set(int depth, const FieldDescriptor* field, Message* message) {
    const Reflection* const r = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Put(field, message, &Reflection::SetInt32, &Reflection::AddInt32, RandomInteger<int32_t>());
      case FieldDescriptor::CPPTYPE_INT64:
        return Put(field, message, &Reflection::SetInt64, &Reflection::AddInt64, RandomInteger<int64_t>());
      case FieldDescriptor::CPPTYPE_UINT32:
        return Put(field, message, &Reflection::SetUInt32, &Reflection::AddUInt32, RandomInteger<uint32_t>());
      case FieldDescriptor::CPPTYPE_UINT64:
        return Put(field, message, &Reflection::SetUInt64, &Reflection::AddUInt64, RandomInteger<uint64_t>());
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Put(field, message, &Reflection::SetDouble, &Reflection::AddDouble, RandomReal());
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Put(field, message, &Reflection::SetFloat, &Reflection::AddFloat, static_cast<float>(RandomReal()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return Put(field, message, &Reflection::SetBool, &Reflection::AddBool, Below(2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* const type = field->enum_type();
        const int value = type->value(static_cast<int>(Below(static_cast<uint64_t>(type->value_count()))))->number();
        return Put(field, message, &Reflection::SetEnumValue, &Reflection::AddEnumValue, value);
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return field->is_repeated() ? r->AddString(message, field, RandomText())
                                    : r->SetString(message, field, RandomText());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Fill(depth + 1,
                    field->is_repeated() ? r->AddMessage(message, field) : r->MutableMessage(message, field));
    }
  }

  std::mt19937_64& random_;
};

}  // namespace

std::vector<const Descriptor*> ApiMessages() {
  const google::protobuf::FileDescriptor* const files[] = {
      v1::ListBudgetsRequest::descriptor()->file(),    v1::GetCatalogRequest::descriptor()->file(),
      v1::ExportCustomerRequest::descriptor()->file(), v1::ListEntriesRequest::descriptor()->file(),
      v1::GetOffersRequest::descriptor()->file(),      v1::RecordPurchaseRequest::descriptor()->file(),
      v1::GetRebuildRequest::descriptor()->file(),     v1::GetProfileRequest::descriptor()->file(),
      v1::EvaluateRuleRequest::descriptor()->file(),   v1::GetSegmentSizesRequest::descriptor()->file(),
      v1::SetSwitchRequest::descriptor()->file()};
  std::vector<const Descriptor*> messages;
  const auto add = [&messages](const Descriptor* message) {
    if (std::find(messages.begin(), messages.end(), message) == messages.end()) messages.push_back(message);
  };
  for (const auto* const file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        add(file->service(s)->method(m)->input_type());
        add(file->service(s)->method(m)->output_type());
      }
    }
  }
  return messages;
}

std::unique_ptr<Message> RandomMessage(const Descriptor* type, std::mt19937_64* random) {
  std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  Filler(random).Fill(0, message.get());
  message->ParseFromString(message->SerializeAsString());  // of keys of maps that came twice, the last holds
  return message;
}

}  // namespace nbo::server
