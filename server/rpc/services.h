// All methods of nbo.v1 and the handlers behind them.
#ifndef NBO_SERVER_RPC_SERVICES_H_
#define NBO_SERVER_RPC_SERVICES_H_

#include "server/catalog/worker.h"
#include "server/checkout/checkout_desk.h"
#include "server/decision/offer_desk.h"
#include "server/handlers/budget_handler.h"
#include "server/handlers/catalog_handler.h"
#include "server/handlers/decision_log_handler.h"
#include "server/handlers/event_handler.h"
#include "server/handlers/export_handler.h"
#include "server/handlers/maintenance_handler.h"
#include "server/handlers/outcome_handler.h"
#include "server/handlers/profile_handler.h"
#include "server/handlers/rules_handler.h"
#include "server/handlers/segment_handler.h"
#include "server/handlers/statement_handler.h"
#include "server/handlers/switch_handler.h"
#include "server/ops/metrics.h"
#include "server/rpc/job_threads.h"
#include "server/rpc/method_table.h"
#include "server/rpc/outcome_stream.h"
#include "server/rpc/purchase_stream.h"

namespace nbo::server {

// What the services call; all must outlive them.
struct Handlers {
  OfferDesk* offers;
  const EventHandler* event;
  const OutcomeHandler* outcomes;
  const DecisionLogHandler* log;
  const BudgetHandler* budgets;
  const StatementHandler* statements;
  const ExportHandler* exports;
  const MaintenanceHandler* maintenance;
  const ProfileHandler* profile;
  const CatalogHandler* catalog;
  const SegmentHandler* segment;
  const RulesHandler* rules;
  const SwitchHandler* switches;
  CatalogWorker* catalog_worker;
  JobThreads* store_threads;  // for calls that read the store
  JobThreads* log_threads;    // for calls that read the decision log: whoever reads much of it holds up no outcome
  JobThreads* switch_thread;
  OutcomeStreams* outcome_streams = nullptr;  // null: RecordOutcomes is refused
  CheckoutDesk* checkouts = nullptr;          // null: Checkout is refused
};

// The methods of nbo.v1. `metrics` and `streams` must outlive them.
MethodTable MakeMethods(const Handlers& handlers, Metrics* metrics, PurchaseStreams* streams);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_SERVICES_H_
