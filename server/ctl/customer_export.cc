#include "server/ctl/customer_export.h"

#include <google/protobuf/struct.pb.h>

#include <ostream>

#include "absl/strings/str_cat.h"
#include "nbo/v1/customer_service.pb.h"
#include "nbo/v1/profile_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/output.h"

namespace nbo::ctl {
namespace {

// The most that the API allows; the server ends a page earlier where receipts are large.
constexpr int kPageSize = 1000;

std::string Quoted(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return ToJson(value, false);
}

// "[a,b]" of `json(element)`.
template <typename List, typename Json>
std::string Array(const List& list, Json json) {
  std::string array = "[";
  for (const auto& element : list) absl::StrAppend(&array, array.size() > 1 ? "," : "", json(element));
  return array + "]";
}

std::string MessageJson(const google::protobuf::Message& message) { return ToJson(message, false); }

// The profile for the document; NOT_FOUND is no error: a person may have given a consent and nothing else.
absl::Status ReadProfile(ApiClient& client, const std::string& customer_id, nbo::v1::GetProfileResponse* profile,
                         bool* found) {
  nbo::v1::GetProfileRequest request;
  request.mutable_customer()->set_customer_id(customer_id);
  const absl::Status status = client.GetProfile(request, profile);
  *found = status.ok();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

ExitCode FailHalfway(Context& context, const absl::Status& status) {
  return Fail(context, absl::Status(status.code(), absl::StrCat("the export is not complete, do not use it: ",
                                                                std::string(status.message()))));
}

}  // namespace

void ExportDocument::Begin(const nbo::v1::ExportCustomerResponse& first_page,
                           const nbo::v1::GetProfileResponse* profile) {
  *out_ << "{\"customer_id\":" << Quoted(first_page.customer_id())
        << ",\n\"merged_customer_ids\":" << Array(first_page.merged_customer_ids(), Quoted)
        << ",\n\"identities\":" << Array(first_page.identities(), MessageJson)
        << ",\n\"consents\":" << Array(first_page.consents(), MessageJson)
        << ",\n\"attributes\":" << Array(first_page.attributes(), MessageJson) << ",\n\"dropped_receipts_count\":\""
        << first_page.dropped_receipts_count()  // a string, as JSON has it for every 64-bit number of a message
        << "\",\n\"profile\":" << (profile == nullptr ? "null" : ToJson(*profile, false)) << ",\n\"receipts\":[";
}

void ExportDocument::AddReceipts(const nbo::v1::ExportCustomerResponse& page) {
  for (const nbo::v1::ExportedReceipt& receipt : page.receipts()) {
    *out_ << (any_receipt_ ? ",\n" : "\n") << ToJson(receipt, false);
    any_receipt_ = true;
  }
}

void ExportDocument::End() { *out_ << (any_receipt_ ? "\n]}\n" : "]}\n") << std::flush; }

ExitCode RunCustomerExport(Context& context, const CustomerExportOptions& options) {
  const absl::StatusOr<nbo::v1::CustomerRef> customer = OneCustomer(options.customer_id, options.identities, "ID");
  if (!customer.ok()) return FailUsage(context, customer.status());
  ApiClient client(context.server, context.timeout);
  nbo::v1::ExportCustomerRequest request;
  request.set_page_size(kPageSize);
  *request.mutable_customer() = *customer;
  nbo::v1::ExportCustomerResponse page;
  if (absl::Status status = client.ExportCustomer(request, &page); !status.ok()) return Fail(context, status);
  nbo::v1::GetProfileResponse profile;
  bool has_profile = false;
  if (absl::Status status = ReadProfile(client, page.customer_id(), &profile, &has_profile); !status.ok()) {
    return Fail(context, status);
  }
  ExportDocument document(&context.out);
  document.Begin(page, has_profile ? &profile : nullptr);
  document.AddReceipts(page);
  // One person from here on, even if the card is linked to another meanwhile.
  request.mutable_customer()->set_customer_id(page.customer_id());
  while (!page.next_page_token().empty()) {
    if (!context.out) break;
    request.set_page_token(page.next_page_token());
    page.Clear();
    if (absl::Status status = client.ExportCustomer(request, &page); !status.ok()) return FailHalfway(context, status);
    document.AddReceipts(page);
  }
  document.End();
  if (context.out) return kExitOk;
  return FailHalfway(context, absl::DataLossError("the output cannot be written; is the disk full?"));
}

}  // namespace nbo::ctl
