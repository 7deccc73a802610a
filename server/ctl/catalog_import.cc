#include "server/ctl/catalog_import.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <ostream>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/csv/csv_reader.h"
#include "server/ctl/offer_cells.h"
#include "server/ctl/offer_sheet.h"
#include "server/ctl/output.h"

namespace nbo::ctl {
namespace {

// Everything before the offers.
absl::StatusOr<std::string> Head(const CatalogImportOptions& options) {
  if (options.base.empty()) {
    return absl::StrCat("catalog: ", YamlText(options.name), "\ncurrency: ", YamlText(options.currency),
                        "\ndefault_locale: ", YamlText(options.locale),
                        "\nscore: offer.weight * offer.propensity * (offer.value - offer.cost)\n");
  }
  std::ifstream file(options.base, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", options.base));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t offers = absl::StartsWith(text, "offers:") ? 0 : text.find("\noffers:");
  if (offers == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(options.base, " has no line that begins with 'offers:'"));
  }
  return text.substr(0, offers == 0 ? 0 : offers + 1);
}

std::string FileName(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

ExitCode RunCatalogImport(Context& context, const CatalogImportOptions& options) {
  const auto head = Head(options);
  if (!head.ok()) return FailUsage(context, head.status());
  auto reader = CsvReader::Open(options.file, CsvDelimiter::kOfHeader);
  if (!reader.ok()) return FailUsage(context, reader.status());
  const auto sheet = ReadOfferSheet(**reader, FileName(options.file), options.locale);
  if (!sheet.ok()) return FailUsage(context, sheet.status());
  if (!sheet->mistakes.empty()) {
    for (const std::string& mistake : sheet->mistakes) context.out << Printable(mistake) << "\n";
    return Fail(context, absl::InvalidArgumentError(
                             absl::StrCat(Counted(static_cast<int64_t>(sheet->mistakes.size()), "mistake"), " in ",
                                          options.file, "; nothing was written. Correct them and try again")));
  }
  const std::string yaml =
      absl::StrCat(*head, "offers:", sheet->offer_count == 0 ? " []" : "", "\n", sheet->offers_yaml);
  if (options.output.empty()) {
    context.out << yaml;
    return kExitOk;
  }
  std::ofstream out(options.output, std::ios::binary);
  out << yaml;
  out.close();
  if (!out) return FailUsage(context, absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", options.output)));
  context.out << options.output << ": " << Counted(sheet->offer_count, "offer")
              << ". Check it with: nboctl catalog validate " << options.output << "\n";
  return kExitOk;
}

}  // namespace nbo::ctl
