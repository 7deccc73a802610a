#include "server/ctl/identity_command.h"

#include <ostream>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nbo/v1/event_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

// "; 12 receipts were moved", or nothing.
std::string Moved(int64_t receipts) {
  if (receipts == 0) return "";
  return absl::StrCat("; ", Counted(receipts, "receipt"), receipts == 1 ? " was moved" : " were moved");
}

std::string DescribeLink(const nbo::v1::CustomerRef& identity, const std::string& wanted,
                         const nbo::v1::LinkIdentityResponse& response) {
  const std::string name = Describe(identity);
  if (response.customer_id().empty()) {
    return absl::StrCat(name, " was not linked: it or customer ", wanted,
                        " was erased later than this; link with a --time after the erasure to use them again");
  }
  return absl::StrCat(name, " belongs to customer ", response.customer_id(),
                      response.customer_id() == wanted ? "" : " (by a later statement, or customers were merged)",
                      Moved(response.moved_receipts_count()));
}

std::string DescribeUnlink(const nbo::v1::CustomerRef& identity, const nbo::v1::UnlinkIdentityResponse& response) {
  const std::string owner = response.customer_id().empty()
                                ? "nobody known"
                                : absl::StrCat("customer ", response.customer_id(), " (by a later statement)");
  return absl::StrCat(Describe(identity), " belongs to ", owner, Moved(response.moved_receipts_count()));
}

// Calls `state(client, identity, time, &response)` for every identity named, and shows each response with `describe`.
template <typename Response, typename State, typename DescribeResponse>
ExitCode StateEach(Context& context, const IdentityCommandOptions& options, State state, DescribeResponse describe) {
  const std::vector<nbo::v1::CustomerRef> identities = Customers({}, options.identities);
  if (identities.empty()) {
    return FailUsage(context,
                     absl::InvalidArgumentError("name an identity: --card, --phone, --email, --app-user or --device"));
  }
  const absl::StatusOr<absl::Time> time = ParseTimeOption(options.time, context.now());
  if (!time.ok()) return FailUsage(context, time.status());
  ApiClient client(context.server, context.timeout);
  for (const nbo::v1::CustomerRef& identity : identities) {
    Response response;
    const absl::Status status = state(client, identity.identity(), ToTimestamp(*time), &response);
    if (!status.ok()) return Fail(context, status);
    if (context.format == OutputFormat::kJson) {
      PrintJson(context.out, response, false);
    } else {
      context.out << Printable(describe(identity, response)) << "\n";
    }
  }
  return kExitOk;
}

}  // namespace

ExitCode RunIdentityLink(Context& context, const IdentityCommandOptions& options) {
  using Response = nbo::v1::LinkIdentityResponse;
  return StateEach<Response>(
      context, options,
      [&](ApiClient& client, const nbo::v1::Identity& identity, const google::protobuf::Timestamp& time,
          Response* response) {
        nbo::v1::LinkIdentityRequest request;
        *request.mutable_identity() = identity;
        request.set_customer_id(options.customer_id);
        *request.mutable_time() = time;
        return client.LinkIdentity(request, response);
      },
      [&](const nbo::v1::CustomerRef& identity, const Response& response) {
        return DescribeLink(identity, options.customer_id, response);
      });
}

ExitCode RunIdentityUnlink(Context& context, const IdentityCommandOptions& options) {
  using Response = nbo::v1::UnlinkIdentityResponse;
  return StateEach<Response>(
      context, options,
      [](ApiClient& client, const nbo::v1::Identity& identity, const google::protobuf::Timestamp& time,
         Response* response) {
        nbo::v1::UnlinkIdentityRequest request;
        *request.mutable_identity() = identity;
        *request.mutable_time() = time;
        return client.UnlinkIdentity(request, response);
      },
      DescribeUnlink);
}

}  // namespace nbo::ctl
