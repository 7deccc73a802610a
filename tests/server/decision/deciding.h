// What a DecisionHandler decides with, in memory: ledger, log, budgets and catalogs of old versions.
#ifndef NBO_TESTS_SERVER_DECISION_DECIDING_H_
#define NBO_TESTS_SERVER_DECISION_DECIDING_H_

#include <gtest/gtest.h>

#include <string>

#include "core/catalog/archive.h"
#include "core/ledger/memory.h"
#include "server/catalog/library.h"
#include "server/decision/decider.h"
#include "server/handlers/decision_handler.h"

namespace nbo::server {

// Recovered and ready. States of records in full are not kept: a test that wants them gives its own encoder.
class Deciding {
 public:
  // `archive` holds the catalogs; `switches`: null: nothing is paused.
  Deciding(
      const ActiveCatalog* catalog, CatalogArchive* archive, const Clock* clock, Randomness* randomness,
      const ActiveSwitches* switches = nullptr, const DeciderOptions& options = {100, 0},
      Decider::EncodeState encode = [](const CustomerState&) { return std::string(); })
      : publisher_("USD", archive, const_cast<ActiveCatalog*>(catalog), clock),
        library_(catalog, &publisher_),
        decider_(options, &ledger_, &log_, &library_, switches != nullptr ? switches : &none_, &gauge_, &propensities_,
                 clock, randomness, std::move(encode)) {
    EXPECT_TRUE(ledger_.Recover().ok());
  }

  const Decider* decider() const { return &decider_; }
  ContactLedger* ledger() { return &ledger_; }
  MemoryDecisionLog* log() { return &log_; }
  BudgetBook* budgets() { return &budgets_; }
  ActiveBudgetGauge* gauge() { return &gauge_; }
  const CatalogLibrary* catalogs() const { return &library_; }

 private:
  CatalogPublisher publisher_;
  CatalogLibrary library_;
  ActiveSwitches none_;
  MemoryDecisionLog log_;
  MemoryLedgerStore store_;
  BudgetBook budgets_;
  ContactLedger ledger_{&log_, &store_, &budgets_, LedgerOptions()};
  ActiveBudgetGauge gauge_;
  ActivePropensities propensities_;
  Decider decider_;
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_DECISION_DECIDING_H_
