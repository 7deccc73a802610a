// The sections of a catalog file about control groups and experiments.
#ifndef NBO_SERVER_CATALOG_YAML_EXPERIMENTS_H_
#define NBO_SERVER_CATALOG_YAML_EXPERIMENTS_H_

#include "core/catalog/draft.h"
#include "server/catalog/yaml_mapping.h"

namespace nbo::server {

// Reads `control`, `experiments` and `score_variants` of the whole file.
void ReadExperiments(Mapping* catalog, CatalogDraft* draft);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_YAML_EXPERIMENTS_H_
