// nboctl customer export.
#pragma once

#include <iosfwd>
#include <string>

#include "server/ctl/context.h"
#include "server/ctl/customer_options.h"

namespace nbo::v1 {
class ExportCustomerResponse;
class GetProfileResponse;
}  // namespace nbo::v1

namespace nbo::ctl {

struct CustomerExportOptions {
  std::string customer_id;
  IdentityOptions identities;
};

// Prints one JSON object, whatever --format says, page by page: never more than one page is in memory. If a later page
// fails, the object is left open, so that nothing can take it for a whole one.
ExitCode RunCustomerExport(Context& context, const CustomerExportOptions& options);

// Writes the object: {"customer_id", "merged_customer_ids", "identities", "consents", "attributes",
// "dropped_receipts_count", "profile", "receipts"}, messages as in customer_service.proto and profile_service.proto, a
// line for each receipt.
class ExportDocument {
 public:
  // `out` must outlive it.
  explicit ExportDocument(std::ostream* out) : out_(out) {}

  // Once, first. `profile` may be null: there is none.
  void Begin(const nbo::v1::ExportCustomerResponse& first_page, const nbo::v1::GetProfileResponse* profile);
  // The receipts of each page, the first included.
  void AddReceipts(const nbo::v1::ExportCustomerResponse& page);
  void End();

 private:
  std::ostream* const out_;
  bool any_receipt_ = false;
};

}  // namespace nbo::ctl
