// Figures that are read when /metrics is asked: the store, the queues, the connections, the catalog.
#ifndef NBO_SERVER_OPS_STORE_METRICS_H_
#define NBO_SERVER_OPS_STORE_METRICS_H_

#include <string>

#include "prometheus/registry.h"
#include "server/net/server.h"
#include "storage/storage.h"

namespace nbo::server {

struct LiveFigures {
  storage::StorageStats storage;
  int64_t catalog_version = 0;
  size_t catalog_offers = 0;
  size_t switches_paused = 0;
  size_t ingest_queue = 0;
  size_t ingest_queue_bytes = 0;
  int open_streams = 0;
  size_t open_checkouts = 0;
  size_t decisions_in_flight = 0;
  size_t decisions_waiting = 0;
  size_t stalled_reads = 0;
  NetServer::Figures net;
};

// The registry's metrics and the live figures in Prometheus text format.
std::string RenderMetrics(const prometheus::Registry& registry, const LiveFigures& figures);

}  // namespace nbo::server

#endif  // NBO_SERVER_OPS_STORE_METRICS_H_
