// The YAML reader's sections of contact policies.
#ifndef NBO_SERVER_CATALOG_YAML_CONTACT_H_
#define NBO_SERVER_CATALOG_YAML_CONTACT_H_

#include "core/catalog/draft.h"
#include "server/catalog/yaml_mapping.h"

namespace nbo::server {

// `contact_policy` of the catalog.
void ReadContactPolicy(Mapping* catalog, CatalogDraft* draft);
// `contact` of an offer.
void ReadOfferContact(Mapping* offer, OfferDraft* draft);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_YAML_CONTACT_H_
