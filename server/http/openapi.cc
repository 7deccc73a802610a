#include "server/http/openapi.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/http/connect.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr absl::string_view kAbout =
    "The real-time next-best-offer server. JSON is protobuf's JSON mapping: lowerCamelCase names (names as in the "
    ".proto "
    "are taken, too), enumerations by name, 64-bit integers as texts, fields at their default left out. Fields that "
    "are "
    "not known are ignored; the header nbo-ignored-field of the answer names the first.";

class Document {
 public:
  explicit Document(const ApiModel& model) : model_(model) {}

  std::string Make() {
    Object([this] {
      Text("openapi", "3.1.0");
      Key("info");
      Object([this] {
        Text("title", "nbo");
        Text("version", "v1");
        Text("description", kAbout);
      });
      Key("tags");
      List([this] {
        for (const ServiceDescriptor* service : model_.services()) {
          Object([&] {
            Text("name", service->name());
            Text("description", CommentOf(*service));
          });
        }
      });
      Key("paths");
      Object([this] { Paths(); });
      Key("components");
      Object([this] { Components(); });
    });
    return {buffer_.GetString(), buffer_.GetSize()};
  }

 private:
  using Body = std::function<void()>;

  void Key(absl::string_view key) { writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }
  void Value(absl::string_view text) { writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
  void Text(absl::string_view key, absl::string_view text) {
    if (text.empty()) return;
    Key(key);
    Value(text);
  }
  void Object(const Body& body) {
    writer_.StartObject();
    body();
    writer_.EndObject();
  }
  void Object(absl::string_view key, const Body& body) {
    Key(key);
    Object(body);
  }
  void List(const Body& body) {
    writer_.StartArray();
    body();
    writer_.EndArray();
  }
  void Refer(absl::string_view to) { Text("$ref", absl::StrCat("#/components/", to)); }
  void ReferToSchema(absl::string_view name) { Refer(absl::StrCat("schemas/", name)); }

  void JsonContent(absl::string_view schema) {
    Object("content", [&] { Object("application/json", [&] { Object("schema", [&] { ReferToSchema(schema); }); }); });
  }

  void Answers(const Body& good) {
    Object("responses", [&] {
      Object("200", good);
      Object("default", [&] { Refer("responses/Error"); });
    });
  }

  void Paths() {
    for (const ServiceDescriptor* service : model_.services()) {
      for (int i = 0; i < service->method_count(); ++i) {
        const MethodDescriptor& method = *service->method(i);
        if (IsUnary(method)) Object(PathOf(method), [&] { Method(method); });
      }
    }
    Object("/checkout/{checkout_id}", [this] { CheckoutStep(); });
    Object("/checkout/{checkout_id}/events", [this] { CheckoutEvents(); });
  }

  void Describe(const MethodDescriptor& method, absl::string_view id_suffix) {
    Text("operationId", absl::StrCat(method.service()->name(), "_", method.name(), id_suffix));
    Key("tags");
    List([&] { Value(method.service()->name()); });
    const std::string comment = CommentOf(method);
    Text("summary", absl::string_view(comment).substr(0, comment.find(". ")));
    Text("description", comment);
  }

  void Method(const MethodDescriptor& method) {
    const auto answer = [&] {
      Text("description", "The answer.");
      JsonContent(method.output_type()->full_name());
    };
    Object("post", [&] {
      Describe(method, "");
      Key("parameters");
      List([this] { Object([this] { Refer("parameters/ConnectTimeoutMs"); }); });
      Object("requestBody", [&] {
        Key("required");
        writer_.Bool(true);
        JsonContent(method.input_type()->full_name());
      });
      Answers(answer);
    });
    if (!HasNoSideEffects(method)) return;
    Object("get", [&] {
      Describe(method, "_GET");
      Key("parameters");
      List([&] { GetParameters(method); });
      Answers(answer);
    });
  }

  void Parameter(absl::string_view name, absl::string_view in, bool required, absl::string_view description) {
    Text("name", name);
    Text("in", in);
    Key("required");
    writer_.Bool(required);
    Text("description", description);
  }

  void GetParameters(const MethodDescriptor& method) {
    Object([this] {
      Parameter("encoding", "query", true, "How the message is written.");
      Object("schema", [this] {
        Key("enum");
        List([this] { Value("json"); });
      });
    });
    Object([&] {
      Parameter("message", "query", true, "The request.");
      JsonContent(method.input_type()->full_name());
    });
    Object([this] { Refer("parameters/ConnectTimeoutMs"); });
  }

  void CheckoutId() {
    Key("parameters");
    List([this] {
      Object([this] {
        Parameter("checkout_id", "path", true, "The caller's id of this checkout, as in OpenCheckout.");
        Object("schema", [this] { Text("type", "string"); });
      });
    });
  }

  void CheckoutStep() {
    CheckoutId();
    Object("post", [this] {
      Text("operationId", "Checkout_step");
      Text("description",
           "One step of a live checkout, for browsers. `open` is answered by the offers, `close` by what became of the "
           "receipt, `update` by {}: what changes by it comes as an event.");
      Object("requestBody", [this] { JsonContent("nbo.v1.CheckoutRequest"); });
      Answers([this] {
        Text("description", "The step is taken.");
        JsonContent("nbo.v1.CheckoutResponse");
      });
    });
  }

  void CheckoutEvents() {
    CheckoutId();
    Object("get", [this] {
      Text("operationId", "Checkout_events");
      Text("description",
           "What to offer, as server-sent events: the data of each is a CheckoutResponse as JSON. The first has the "
           "offers "
           "as they stand.");
      Answers([this] {
        Text("description", "The events.");
        Object("content", [this] {
          Object("text/event-stream",
                 [this] { Object("schema", [this] { ReferToSchema("nbo.v1.CheckoutResponse"); }); });
        });
      });
    });
  }

  void Components() {
    Object("parameters", [this] {
      Object("ConnectTimeoutMs", [this] {
        Parameter("Connect-Timeout-Ms", "header", false, "The call's deadline in milliseconds.");
        Object("schema", [this] { Text("type", "integer"); });
      });
    });
    Object("responses", [this] {
      Object("Error", [this] {
        Text("description", "Why not. The HTTP status is that of the code.");
        JsonContent("Error");
      });
    });
    Object("schemas", [this] {
      Object("Error", [this] { ErrorSchema(); });
      for (const Descriptor* message : model_.messages()) Object(message->full_name(), [&] { Schema(*message); });
      for (const EnumDescriptor* type : model_.enums()) Object(type->full_name(), [&] { Schema(*type); });
    });
  }

  void ErrorSchema() {
    Text("type", "object");
    Object("properties", [this] {
      Object("code", [this] {
        Text("type", "string");
        Key("enum");
        List([this] {
          for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
            Value(ConnectCodeName(static_cast<absl::StatusCode>(code)));
          }
        });
      });
      Object("message", [this] {
        Text("type", "string");
        Text("description", "Names the field and the remedy; English.");
      });
    });
  }

  void Schema(const Descriptor& message) {
    Text("type", "object");
    Text("description", CommentOf(message));
    Object("properties", [&] {
      for (int i = 0; i < message.field_count(); ++i) {
        Object(message.field(i)->json_name(), [&] { Property(*message.field(i)); });
      }
    });
  }

  void Schema(const EnumDescriptor& type) {
    Text("type", "string");
    std::string description = CommentOf(type);
    for (int i = 0; i < type.value_count(); ++i) {
      const std::string comment = CommentOf(*type.value(i));
      if (!comment.empty()) absl::StrAppend(&description, "\n- `", type.value(i)->name(), "`: ", comment);
    }
    Text("description", description);
    Key("enum");
    List([&] {
      for (int i = 0; i < type.value_count(); ++i) Value(type.value(i)->name());
    });
  }

  void Property(const FieldDescriptor& field) {
    std::string comment = CommentOf(field);
    if (const auto* const oneof = field.real_containing_oneof(); oneof != nullptr) {
      absl::StrAppend(&comment, comment.empty() ? "" : "\n", "At most one of:");
      for (int i = 0; i < oneof->field_count(); ++i) {
        absl::StrAppend(&comment, i == 0 ? " " : ", ", oneof->field(i)->json_name());
      }
      absl::StrAppend(&comment, ".");
    }
    Text("description", comment);
    if (field.is_map()) {
      Text("type", "object");
      Object("additionalProperties", [&] { TypeOf(*field.message_type()->map_value()); });
    } else if (field.is_repeated()) {
      Text("type", "array");
      Object("items", [&] { TypeOf(field); });
    } else {
      TypeOf(field);
    }
  }

  void Type(absl::string_view type, absl::string_view format = "") {
    Text("type", type);
    Text("format", format);
  }

  // Of one value.
  void TypeOf(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: return Type("integer", "int32");
      case FieldDescriptor::CPPTYPE_UINT32: return Type("integer");
      case FieldDescriptor::CPPTYPE_INT64: return Type("string", "int64");
      case FieldDescriptor::CPPTYPE_UINT64: return Type("string", "uint64");
      case FieldDescriptor::CPPTYPE_DOUBLE: return Type("number", "double");
      case FieldDescriptor::CPPTYPE_FLOAT: return Type("number", "float");
      case FieldDescriptor::CPPTYPE_BOOL: return Type("boolean");
      case FieldDescriptor::CPPTYPE_STRING:
        return Type("string", field.type() == FieldDescriptor::TYPE_BYTES ? "byte" : "");
      case FieldDescriptor::CPPTYPE_ENUM:
        if (field.enum_type()->full_name() == "google.protobuf.NullValue") return Type("null");
        return ReferToSchema(field.enum_type()->full_name());
      case FieldDescriptor::CPPTYPE_MESSAGE: break;
    }
    switch (field.message_type()->well_known_type()) {
      case Descriptor::WELLKNOWNTYPE_TIMESTAMP: return Type("string", "date-time");
      case Descriptor::WELLKNOWNTYPE_DURATION: return Type("string", "duration in seconds, such as 1.5s");
      default: return ReferToSchema(field.message_type()->full_name());
    }
  }

  const ApiModel& model_;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace

std::string MakeOpenApi(const ApiModel& model) { return Document(model).Make(); }

}  // namespace nbo::server
