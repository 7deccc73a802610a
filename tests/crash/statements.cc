#include "tests/crash/statements.h"

namespace nbo::crash {
namespace {

using Stub = v1::EventService::Stub;

StatementReply Call(Stub*, const v1::Purchase&, grpc::ClientContext*) {
  return {grpc::Status(grpc::StatusCode::INTERNAL, "the harness: a receipt is no statement")};
}

StatementReply Call(Stub* stub, const v1::LinkIdentityRequest& request, grpc::ClientContext* context) {
  v1::LinkIdentityResponse response;
  grpc::Status status = stub->LinkIdentity(context, request, &response);
  return {std::move(status), response.moved_receipts_count() > 0};
}

StatementReply Call(Stub* stub, const v1::UnlinkIdentityRequest& request, grpc::ClientContext* context) {
  v1::UnlinkIdentityResponse response;
  grpc::Status status = stub->UnlinkIdentity(context, request, &response);
  return {std::move(status), response.moved_receipts_count() > 0};
}

StatementReply Call(Stub* stub, const v1::MergeCustomersRequest& request, grpc::ClientContext* context) {
  v1::MergeCustomersResponse response;
  grpc::Status status = stub->MergeCustomers(context, request, &response);
  return {std::move(status), response.moved_receipts_count() > 0};
}

StatementReply Call(Stub* stub, const v1::RecordConsentRequest& request, grpc::ClientContext* context) {
  v1::RecordConsentResponse response;
  grpc::Status status = stub->RecordConsent(context, request, &response);
  return {std::move(status), response.changed()};
}

StatementReply Call(Stub* stub, const v1::RecordAttributesRequest& request, grpc::ClientContext* context) {
  v1::RecordAttributesResponse response;
  grpc::Status status = stub->RecordAttributes(context, request, &response);
  return {std::move(status), response.changed()};
}

}  // namespace

StatementReply State(Stub* stub, const Event& event, grpc::ClientContext* context) {
  return std::visit([&](const auto& request) { return Call(stub, request, context); }, event.what);
}

}  // namespace nbo::crash
