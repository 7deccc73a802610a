#include "server/ops/store_metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <vector>

namespace nbo::server {
namespace {

void Add(const char* name, const char* help, prometheus::MetricType type, double value,
         std::vector<prometheus::MetricFamily>* families) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  families->push_back({name, help, type, {metric}});
}

}  // namespace

std::string RenderMetrics(const prometheus::Registry& registry, const LiveFigures& f) {
  constexpr auto kGauge = prometheus::MetricType::Gauge;
  constexpr auto kCounter = prometheus::MetricType::Counter;
  std::vector<prometheus::MetricFamily> families = registry.Collect();
  auto number = [](auto value) { return static_cast<double>(value); };
  Add("nbo_catalog_version", "Version of the active catalog", kGauge, number(f.catalog_version), &families);
  Add("nbo_catalog_offers", "Offers of the active catalog", kGauge, number(f.catalog_offers), &families);
  Add("nbo_switches_paused", "Switches in force: offers, groups, campaigns, channels, stores, or everything", kGauge,
      number(f.switches_paused), &families);
  Add("nbo_decisions_in_flight", "Calls for offers begun and not answered", kGauge, number(f.decisions_in_flight),
      &families);
  Add("nbo_decisions_waiting", "Calls for offers that wait for the disk", kGauge, number(f.decisions_waiting),
      &families);
  Add("nbo_decision_reads_stalled", "Threads whose reading of the disk outlasted the deadline of its call", kGauge,
      number(f.stalled_reads), &families);
  Add("nbo_connections", "Open connections of clients", kGauge, number(f.net.connections), &families);
  Add("nbo_connections_refused_total", "Connections closed at once: too many, or too much memory is held", kCounter,
      number(f.net.refused_connections), &families);
  Add("nbo_connections_held_bytes", "Bytes of requests that are not whole yet, and of answers that are not sent",
      kGauge, number(f.net.held_bytes), &families);
  Add("nbo_ingest_queue_events", "Events waiting to be written", kGauge, number(f.ingest_queue), &families);
  Add("nbo_ingest_queue_bytes", "Memory of events waiting and being written, estimated", kGauge,
      number(f.ingest_queue_bytes), &families);
  Add("nbo_checkouts_open", "Checkouts that are followed", kGauge, number(f.open_checkouts), &families);
  Add("nbo_ingest_streams", "Open RecordPurchases streams", kGauge, f.open_streams, &families);
  Add("nbo_store_customers", "Customers, estimated: states that were overwritten count until they are compacted",
      kGauge, number(f.storage.estimated_customers), &families);
  Add("nbo_store_table_bytes", "Bytes of table files", kGauge, number(f.storage.sst_bytes), &families);
  Add("nbo_store_wal_bytes", "Bytes of write-ahead logs", kGauge, number(f.storage.wal_bytes), &families);
  Add("nbo_store_memtable_bytes", "Bytes written but not yet in tables", kGauge, number(f.storage.memtable_bytes),
      &families);
  Add("nbo_store_block_cache_bytes", "Bytes in the block cache", kGauge, number(f.storage.block_cache_bytes),
      &families);
  Add("nbo_store_block_cache_hits_total", "Block cache hits", kCounter, number(f.storage.block_cache_hits), &families);
  Add("nbo_store_block_cache_misses_total", "Block cache misses", kCounter, number(f.storage.block_cache_misses),
      &families);
  Add("nbo_store_state_cache_bytes", "Bytes of decoded states kept", kGauge, number(f.storage.state_cache_bytes),
      &families);
  Add("nbo_store_state_cache_hits_total", "States found decoded", kCounter, number(f.storage.state_cache_hits),
      &families);
  Add("nbo_store_state_cache_misses_total", "States not found decoded; twice for one that the disk had to be asked for",
      kCounter, number(f.storage.state_cache_misses), &families);
  Add("nbo_store_pending_compaction_bytes", "Bytes waiting for compaction", kGauge,
      number(f.storage.pending_compaction_bytes), &families);
  Add("nbo_store_running_compactions", "Compactions under way", kGauge, number(f.storage.running_compactions),
      &families);
  Add("nbo_store_stall_seconds_total", "Time that writes were held back by the store", kCounter,
      number(f.storage.stall_micros) / 1e6, &families);
  Add("nbo_store_write_stopped", "1 while the store takes no writes", kGauge, f.storage.write_stopped ? 1 : 0,
      &families);
  Add("nbo_store_writable", "0 while writes are refused (disk full, read-only, failing); reads go on", kGauge,
      f.storage.write_state.writable ? 1 : 0, &families);
  Add("nbo_store_background_errors_total",
      "Errors of the store in writing, flushing and compacting, failed attempts to recover included", kCounter,
      number(f.storage.background_errors), &families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace nbo::server
