#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "nbo/v1/catalog_service.pb.h"
#include "nbo/v1/customer_service.pb.h"
#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"
#include "nbo/v1/rules_service.pb.h"
#include "server/http/json_codec.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace nbo::fuzz {
namespace {

using google::protobuf::Message;

// What people send most, and what has a field of every kind.
const std::vector<const Message*>& Kinds() {
  static const auto* const kinds = new std::vector<const Message*>{
      &v1::GetOffersRequest::default_instance(),     &v1::RecordPurchaseRequest::default_instance(),
      &v1::RecordOutcomeRequest::default_instance(), &v1::RecordAttributesRequest::default_instance(),
      &v1::EvaluateRuleRequest::default_instance(),  &v1::GetOffersResponse::default_instance(),
      &v1::PublishCatalogRequest::default_instance()};
  return *kinds;
}

const server::JsonCodec& Codec() {
  static const auto* const codec = [] {
    std::vector<const google::protobuf::Descriptor*> types;
    for (const Message* kind : Kinds()) types.push_back(kind->GetDescriptor());
    return new server::JsonCodec(types);
  }();
  return *codec;
}

}  // namespace

void FuzzJson(absl::string_view bytes) {
  if (bytes.empty()) return;
  const Message* const kind = Kinds()[static_cast<unsigned char>(bytes.front()) % Kinds().size()];
  const absl::string_view json = bytes.substr(1);
  const auto context = [&] { return absl::StrCat(kind->GetTypeName(), ": ", json); };
  const std::unique_ptr<Message> read(kind->New());
  std::string ignored;
  const absl::Status status = Codec().Parse(json, read.get(), &ignored);
  if (!status.ok()) {
    Require(absl::IsInvalidArgument(status), "what is refused is told so", context);
    Require(!status.message().empty() && IsUtf8(status.message()), "the reason is a text", context);
    return;
  }
  Require(ignored.size() <= 128 && IsUtf8(ignored), "what is ignored is named shortly", context);
  const auto same = [](const Message& a, const Message& b) {
    google::protobuf::util::DefaultFieldComparator fields;
    fields.set_treat_nan_as_equal(true);
    google::protobuf::util::MessageDifferencer differencer;
    differencer.set_field_comparator(&fields);
    return differencer.Compare(a, b);
  };
  std::string written;
  Codec().Print(*read, &written);
  const auto with_written = [&] { return absl::StrCat(context(), "\nwritten: ", written); };
  const std::unique_ptr<Message> again(kind->New());
  Require(Codec().Parse(written, again.get()).ok(), "what was written can be read", with_written);
  Require(same(*read, *again), "it is written as it was read", with_written);
  const std::unique_ptr<Message> theirs(kind->New());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto accepted = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(written.data(), written.size()), theirs.get(), options);
  Require(accepted.ok() && same(*read, *theirs), "protobuf reads what was written", with_written);
}

}  // namespace nbo::fuzz
