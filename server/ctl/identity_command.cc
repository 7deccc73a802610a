#include "server/ctl/identity_command.h"

#include <ostream>

#include "absl/status/statusor.h"
#include "nbo/v1/event_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {

ExitCode RunIdentityLink(Context& context, const IdentityLinkOptions& options) {
  const std::vector<nbo::v1::CustomerRef> customers = Customers({}, options.identities);
  if (customers.empty()) {
    return FailUsage(context,
                     absl::InvalidArgumentError("name an identity: --card, --phone, --email, --app-user or --device"));
  }
  absl::StatusOr<absl::Time> time = context.now();
  if (!options.time.empty()) time = ParseRfc3339(options.time);
  if (!time.ok()) return FailUsage(context, time.status());
  ApiClient client(context.server, context.timeout);
  for (const nbo::v1::CustomerRef& customer : customers) {
    nbo::v1::LinkIdentityRequest request;
    *request.mutable_identity() = customer.identity();
    request.set_customer_id(options.customer_id);
    *request.mutable_time() = ToTimestamp(*time);
    nbo::v1::LinkIdentityResponse response;
    if (absl::Status status = client.LinkIdentity(request, &response); !status.ok()) return Fail(context, status);
    if (context.format == OutputFormat::kJson) {
      PrintJson(context.out, response, false);
      continue;
    }
    context.out << Printable(Describe(customer)) << " belongs to customer " << Printable(response.customer_id());
    if (response.customer_id() != options.customer_id) context.out << " (a later statement holds)";
    context.out << "\n";
  }
  return kExitOk;
}

}  // namespace nbo::ctl
