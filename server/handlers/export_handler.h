// Shows everything that is kept of a customer.
#ifndef NBO_SERVER_HANDLERS_EXPORT_HANDLER_H_
#define NBO_SERVER_HANDLERS_EXPORT_HANDLER_H_

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "core/profile/store.h"
#include "nbo/v1/customer_service.pb.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it.
class ExportHandler {
 public:
  ExportHandler(const ProfileStore* store, const Clock* clock) : store_(store), clock_(clock) {}

  absl::Status ExportCustomer(const v1::ExportCustomerRequest& request, v1::ExportCustomerResponse* response) const;

 private:
  absl::Status FillFirstPage(const CustomerState& state, v1::ExportCustomerResponse* response) const;
  absl::Status FillReceipts(const ReceiptKey* after, size_t limit, v1::ExportCustomerResponse* response) const;

  const ProfileStore* const store_;
  const Clock* const clock_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_EXPORT_HANDLER_H_
