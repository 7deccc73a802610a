#include "server/rpc/services.h"

#include "server/rpc/checkout_stream.h"
#include "server/rpc/decision_rpc.h"
#include "server/rpc/methods.h"

namespace nbo::server {
namespace {

void AddDecisions(const Handlers& handlers, MethodTable* table, Metrics* metrics) {
  ServiceMethods decisions("nbo.v1.DecisionService", table, metrics);
  decisions.AddUnary("GetOffers", kMaxMessageBytes,
                     [desk = handlers.offers, metrics](const auto& call) { GetOffers(desk, metrics, call); });
  decisions.AddStream("Checkout", [desk = handlers.checkouts, metrics](StreamCall* call) {
    if (desk != nullptr) return OpenCheckoutStream(call, desk, metrics);
    return RefuseStream(call, absl::UnimplementedError("this server follows no checkouts"));
  });

  ServiceMethods log("nbo.v1.DecisionLogService", table, metrics);
  JobThreads* const threads = handlers.log_threads;
  log.AddOn(threads, "ListEntries", Method::kListEntries, handlers.log, &DecisionLogHandler::ListEntries);
  log.AddOn(threads, "GetDecision", Method::kGetDecision, handlers.log, &DecisionLogHandler::GetDecision);
  log.AddOn(threads, "ReplayDecision", Method::kReplayDecision, handlers.log, &DecisionLogHandler::ReplayDecision);
}

void AddEvents(const Handlers& handlers, MethodTable* table, Metrics* metrics, PurchaseStreams* streams) {
  ServiceMethods events("nbo.v1.EventService", table, metrics);
  events.AddLater("RecordPurchase", Method::kRecordPurchase, handlers.event, &EventHandler::RecordPurchase,
                  &Metrics::CountRefusedReceipt);
  events.AddStream("RecordPurchases", [streams, handler = handlers.event, metrics](StreamCall* call) {
    return streams->Open(call, handler, metrics);
  });
  events.AddLaterOn(handlers.store_threads, "RecordOutcome", Method::kRecordOutcome, handlers.outcomes,
                    &OutcomeHandler::RecordOutcome);
  OutcomeStreams* const outcome_streams = handlers.outcome_streams;
  events.AddStream("RecordOutcomes", [outcome_streams, handler = handlers.outcomes, metrics](StreamCall* call) {
    if (outcome_streams != nullptr) return outcome_streams->Open(call, handler, metrics);
    return RefuseStream(call, absl::UnimplementedError("this server takes no streams of outcomes"));
  });
  const StatementHandler* const statements = handlers.statements;
  events.AddLater("LinkIdentity", Method::kLinkIdentity, statements, &StatementHandler::LinkIdentity);
  events.AddLater("UnlinkIdentity", Method::kUnlinkIdentity, statements, &StatementHandler::UnlinkIdentity);
  events.AddLater("MergeCustomers", Method::kMergeCustomers, statements, &StatementHandler::MergeCustomers);
  events.AddLater("RecordConsent", Method::kRecordConsent, statements, &StatementHandler::RecordConsent);
  events.AddLater("RecordAttributes", Method::kRecordAttributes, statements, &StatementHandler::RecordAttributes);
}

void AddPeople(const Handlers& handlers, MethodTable* table, Metrics* metrics) {
  JobThreads* const threads = handlers.store_threads;
  ServiceMethods profiles("nbo.v1.ProfileService", table, metrics);
  profiles.AddOn(threads, "GetProfile", Method::kGetProfile, handlers.profile, &ProfileHandler::GetProfile);

  ServiceMethods customers("nbo.v1.CustomerService", table, metrics);
  customers.AddOn(threads, "ExportCustomer", Method::kExportCustomer, handlers.exports, &ExportHandler::ExportCustomer);
  customers.AddLater("EraseCustomer", Method::kEraseCustomer, handlers.statements, &StatementHandler::EraseCustomer);

  ServiceMethods segments("nbo.v1.SegmentService", table, metrics);
  segments.Add("GetSegmentSizes", Method::kGetSegmentSizes, handlers.segment, &SegmentHandler::GetSegmentSizes);
  segments.AddLater("RefreshSegments", Method::kRefreshSegments, handlers.segment, &SegmentHandler::RefreshSegments);
}

void AddCatalogs(const Handlers& handlers, MethodTable* table, Metrics* metrics) {
  ServiceMethods catalogs("nbo.v1.CatalogService", table, metrics);
  const auto add = [&](const char* name, Method metric, auto function) {
    catalogs.AddOn(handlers.catalog_worker, name, metric, handlers.catalog, function, kMaxCatalogMessageBytes);
  };
  add("ValidateCatalog", Method::kValidateCatalog, &CatalogHandler::ValidateCatalog);
  add("PublishCatalog", Method::kPublishCatalog, &CatalogHandler::PublishCatalog);
  add("GetCatalog", Method::kGetCatalog, &CatalogHandler::GetCatalog);
  add("ListCatalogs", Method::kListCatalogs, &CatalogHandler::ListCatalogs);
  add("ActivateCatalog", Method::kActivateCatalog, &CatalogHandler::ActivateCatalog);
  add("CancelActivation", Method::kCancelActivation, &CatalogHandler::CancelActivation);
  add("ListActivations", Method::kListActivations, &CatalogHandler::ListActivations);
  add("DiffCatalogs", Method::kDiffCatalogs, &CatalogHandler::DiffCatalogs);

  ServiceMethods rules("nbo.v1.RulesService", table, metrics);
  rules.AddOn(handlers.store_threads, "EvaluateRule", Method::kEvaluateRule, handlers.rules,
              &RulesHandler::EvaluateRule);
}

void AddOperations(const Handlers& handlers, MethodTable* table, Metrics* metrics) {
  ServiceMethods budgets("nbo.v1.BudgetService", table, metrics);
  budgets.Add("ListBudgets", Method::kListBudgets, handlers.budgets, &BudgetHandler::ListBudgets);

  ServiceMethods maintenance("nbo.v1.MaintenanceService", table, metrics);
  maintenance.Add("RebuildStates", Method::kRebuildStates, handlers.maintenance, &MaintenanceHandler::RebuildStates);
  maintenance.Add("GetRebuild", Method::kGetRebuild, handlers.maintenance, &MaintenanceHandler::GetRebuild);
  maintenance.AddLater("CompactStore", Method::kCompactStore, handlers.maintenance, &MaintenanceHandler::CompactStore);

  // On a thread of its own: what must stop now does not wait until a catalog is compiled or a profile is read.
  ServiceMethods switches("nbo.v1.SwitchService", table, metrics);
  switches.AddOn(handlers.switch_thread, "SetSwitch", Method::kSetSwitch, handlers.switches, &SwitchHandler::SetSwitch);
  switches.AddOn(handlers.switch_thread, "ListSwitches", Method::kListSwitches, handlers.switches,
                 &SwitchHandler::ListSwitches);
}

}  // namespace

MethodTable MakeMethods(const Handlers& handlers, Metrics* metrics, PurchaseStreams* streams) {
  MethodTable table;
  AddDecisions(handlers, &table, metrics);
  AddEvents(handlers, &table, metrics, streams);
  AddPeople(handlers, &table, metrics);
  AddCatalogs(handlers, &table, metrics);
  AddOperations(handlers, &table, metrics);
  return table;
}

}  // namespace nbo::server
