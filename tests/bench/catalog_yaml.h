// A catalog of any size in the format of deploy/sample/README.md, with rules of the kinds the sample has.
#ifndef NBO_TESTS_BENCH_CATALOG_YAML_H_
#define NBO_TESTS_BENCH_CATALOG_YAML_H_

#include <cstdint>
#include <string>

namespace nbo::bench {

// `offers` offers, all running today, ten segments. One offer in twelve is a default; of the others every one has an
// eligibility rule and two in five an applicability rule. Each has treatments for 2 to 4 channels in two languages. One
// in five has a budget, one in ten a supplier. There are a contact policy and budgets too wide to bite, so that a
// repeated load stays the same load, a global control group of 5 %, and two experiments.
std::string MakeCatalogYaml(int offers, uint64_t seed);

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_CATALOG_YAML_H_
