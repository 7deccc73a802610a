#include "server/ctl/customer_command.h"

#include <istream>
#include <optional>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nbo/v1/customer_service.pb.h"
#include "nbo/v1/event_service.pb.h"
#include "nbo/v1/profile_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/attribute_options.h"
#include "server/ctl/maintenance_command.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

// Whom the question is about: a card says little, so the customer behind it is shown with its visits.
absl::StatusOr<std::string> DescribeForErasure(ApiClient& client, const nbo::v1::CustomerRef& customer) {
  nbo::v1::GetProfileRequest request;
  *request.mutable_customer() = customer;
  nbo::v1::GetProfileResponse profile;
  const absl::Status status = client.GetProfile(request, &profile);
  if (absl::IsNotFound(status)) return absl::StrCat(Describe(customer), " (no receipts are known)");
  if (!status.ok()) return status;
  std::string text = Describe(customer);
  if (customer.has_identity()) absl::StrAppend(&text, ", that is customer ", profile.customer_id(), ",");
  if (profile.windows().empty()) return text;
  absl::StrAppend(&text, " (", Counted(profile.windows(profile.windows_size() - 1).frequency(), "visit"));
  if (profile.has_recency_days()) {
    absl::StrAppend(&text, ", the last ",
                    profile.recency_days() == 0 ? "today" : Counted(profile.recency_days(), "day") + " ago");
  }
  return text + ")";
}

// kExitOk: go on. Otherwise it has said why not.
ExitCode Confirm(Context& context, ApiClient& client, const nbo::v1::CustomerRef& customer) {
  if (context.in == nullptr) {
    return FailUsage(context, absl::FailedPreconditionError("erasing cannot be undone, and there is no terminal to ask "
                                                            "at: add --yes if it is meant"));
  }
  const absl::StatusOr<std::string> who = DescribeForErasure(client, customer);
  if (!who.ok()) return Fail(context, who.status());
  context.err << "Erase " << Printable(*who)
              << "?\nProfile, receipts, identities, consents and attributes will be gone; there is no way back.\n"
                 "Type yes to erase: "
              << std::flush;
  std::string answer;
  std::getline(*context.in, answer);
  if (absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer)) == "yes") return kExitOk;
  return FailUsage(context, absl::CancelledError("nothing was erased"));
}

std::string DescribeErased(const nbo::v1::CustomerRef& customer, const nbo::v1::EraseCustomerResponse& response,
                           bool compact) {
  if (!response.known()) {
    return absl::StrCat("Nothing was known of ", Describe(customer),
                        "; what comes for it later will be dropped, until it is linked anew");
  }
  return absl::StrCat(
      "Erased ", Describe(customer), ": ", Counted(response.receipts_count(), "receipt"), ", ",
      response.identities_count(), response.identities_count() == 1 ? " identity" : " identities",
      compact ? "" : ". The files still hold them for up to two weeks; nboctl compact removes them at once");
}

std::string DescribeMerge(const CustomerMergeOptions& options, const nbo::v1::MergeCustomersResponse& response) {
  if (response.customer_id() == options.absorbed_id) {
    return absl::StrCat("Nothing changed: customer ", options.surviving_id, " was merged into ", options.absorbed_id,
                        " before");
  }
  const bool elsewhere = response.customer_id() != options.surviving_id;
  return absl::StrCat(
      "Customer ", options.absorbed_id, " is customer ", response.customer_id(), " now",
      elsewhere ? absl::StrCat(" (customer ", options.surviving_id, " was merged into that one before)") : "", "; ",
      Counted(response.moved_receipts_count(), "receipt"), " moved");
}

// "tier, app_version set, old removed".
std::string DescribeAttributes(const CustomerAttributesOptions& options) {
  std::vector<std::string> parts;
  const auto add = [&parts](const std::vector<std::string>& keys, absl::string_view what) {
    if (!keys.empty()) parts.push_back(absl::StrCat(absl::StrJoin(keys, ", "), " ", what));
  };
  std::vector<std::string> set;
  for (const std::string& pair : options.attributes) set.push_back(pair.substr(0, pair.find('=')));
  add(set, "set");
  add(options.removed_keys, "removed");
  return absl::StrJoin(parts, ", ");
}

}  // namespace

ExitCode RunCustomerMerge(Context& context, const CustomerMergeOptions& options) {
  nbo::v1::MergeCustomersRequest request;
  request.set_absorbed_customer_id(options.absorbed_id);
  request.set_surviving_customer_id(options.surviving_id);
  nbo::v1::MergeCustomersResponse response;
  ApiClient client(context.server, context.timeout);
  if (absl::Status status = client.MergeCustomers(request, &response); !status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  context.out << Printable(DescribeMerge(options, response)) << "\n";
  return kExitOk;
}

ExitCode RunCustomerConsent(Context& context, const CustomerConsentOptions& options) {
  const absl::StatusOr<nbo::v1::CustomerRef> customer =
      OneCustomer(options.customer_id, options.identities, "--customer");
  if (!customer.ok()) return FailUsage(context, customer.status());
  const std::optional<nbo::v1::Channel> channel = ChannelByName(options.channel);
  if (!channel.has_value()) {
    return FailUsage(context, absl::InvalidArgumentError(
                                  absl::StrCat("CHANNEL: \"", options.channel, "\" is none of ", ChannelNames())));
  }
  const absl::StatusOr<absl::Time> time = ParseTimeOption(options.time, context.now());
  if (!time.ok()) return FailUsage(context, time.status());
  nbo::v1::RecordConsentRequest request;
  *request.mutable_customer() = *customer;
  request.set_channel(*channel);
  request.set_granted(options.statement == "granted");
  *request.mutable_time() = ToTimestamp(*time);
  request.set_source(options.source);
  nbo::v1::RecordConsentResponse response;
  ApiClient client(context.server, context.timeout);
  if (absl::Status status = client.RecordConsent(request, &response); !status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else if (response.changed()) {
    context.out << Printable(absl::StrCat("Customer ", response.customer_id(), ": consent for ", ChannelName(*channel),
                                          " ", options.statement, " since ", FormatTimestamp(request.time()), "\n"));
  } else {
    context.out << Printable(absl::StrCat("Nothing changed for customer ", response.customer_id(),
                                          ": a statement about ", ChannelName(*channel),
                                          " that holds against this one is known, or the customer was erased\n"));
  }
  return kExitOk;
}

ExitCode RunCustomerAttributes(Context& context, const CustomerAttributesOptions& options) {
  const absl::StatusOr<nbo::v1::CustomerRef> customer =
      OneCustomer(options.customer_id, options.identities, "--customer");
  if (!customer.ok()) return FailUsage(context, customer.status());
  const absl::StatusOr<absl::Time> time = ParseTimeOption(options.time, context.now());
  if (!time.ok()) return FailUsage(context, time.status());
  nbo::v1::RecordAttributesRequest request;
  absl::Status read = AddAttributes("ATTRIBUTE", options.attributes, request.mutable_attributes());
  if (read.ok() && options.attributes.empty() && options.removed_keys.empty()) {
    read = absl::InvalidArgumentError("name what holds, as KEY=VALUE, or what does not any more, as --remove KEY");
  }
  if (!read.ok()) return FailUsage(context, read);
  *request.mutable_customer() = *customer;
  for (const std::string& key : options.removed_keys) request.add_removed_keys(key);
  *request.mutable_time() = ToTimestamp(*time);
  request.set_source(options.source);
  nbo::v1::RecordAttributesResponse response;
  ApiClient client(context.server, context.timeout);
  if (absl::Status status = client.RecordAttributes(request, &response); !status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else if (response.changed()) {
    context.out << Printable(absl::StrCat("Customer ", response.customer_id(), ": ", DescribeAttributes(options),
                                          " since ", FormatTimestamp(request.time()), "\n"));
  } else {
    context.out << Printable(absl::StrCat("Nothing changed for customer ", response.customer_id(),
                                          ": statements that hold against this one are known, or the customer was "
                                          "erased\n"));
  }
  return kExitOk;
}

ExitCode RunCustomerErase(Context& context, const CustomerEraseOptions& options) {
  const absl::StatusOr<nbo::v1::CustomerRef> customer = OneCustomer(options.customer_id, options.identities, "ID");
  if (!customer.ok()) return FailUsage(context, customer.status());
  ApiClient client(context.server, context.timeout);
  if (!options.yes) {
    if (const ExitCode stop = Confirm(context, client, *customer); stop != kExitOk) return stop;
  }
  nbo::v1::EraseCustomerRequest request;
  *request.mutable_customer() = *customer;
  nbo::v1::EraseCustomerResponse response;
  if (absl::Status status = client.EraseCustomer(request, &response); !status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else {
    context.out << Printable(DescribeErased(*customer, response, options.compact)) << std::endl;
  }
  return options.compact ? CompactStore(context) : kExitOk;
}

}  // namespace nbo::ctl
