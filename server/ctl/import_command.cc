#include "server/ctl/import_command.h"

#include <memory>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/csv/csv_reader.h"
#include "server/ctl/api_client.h"
#include "server/ctl/column_mapping.h"
#include "server/ctl/import_summary.h"
#include "server/ctl/product_table.h"
#include "server/ctl/progress.h"
#include "server/ctl/purchase_stream.h"
#include "server/ctl/receipt_grouping.h"
#include "server/ctl/row_parser.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

// A file whose header has every column asked for.
struct InputFile {
  std::unique_ptr<CsvReader> reader;
  ColumnMap columns;
};

absl::StatusOr<std::vector<InputFile>> OpenFiles(const ImportOptions& options) {
  const absl::StatusOr<ColumnMapping> mapping =
      ColumnMapping::Parse(options.columns, options.constants, !options.products_file.empty());
  if (!mapping.ok()) return mapping.status();
  std::vector<InputFile> inputs;
  for (const std::string& file : options.files) {
    absl::StatusOr<std::unique_ptr<CsvReader>> reader = CsvReader::Open(file);
    if (!reader.ok()) return reader.status();
    absl::StatusOr<ColumnMap> columns = mapping->Resolve((*reader)->header(), file);
    if (!columns.ok()) return columns.status();
    inputs.push_back(InputFile{*std::move(reader), *std::move(columns)});
  }
  return inputs;
}

absl::Status ReadFiles(const RowRules& rules, std::vector<InputFile>& inputs, Progress& progress, ReceiptBook& book,
                       ImportTally& tally) {
  int64_t bytes_total = 0;
  for (const InputFile& input : inputs) bytes_total += input.reader->bytes_total();
  progress.Begin("reading", "bytes", bytes_total);
  RowParser parser(rules, &book, &tally);
  int64_t bytes_before = 0;
  CsvRow row;
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    CsvReader& reader = *inputs[i].reader;
    while (true) {
      const absl::StatusOr<bool> got = reader.Next(&row);
      if (!got.ok()) return got.status();
      if (!*got) break;
      parser.Take(inputs[i].columns, row, i);
      if (tally.lines.read % 1024 == 0) progress.Update(bytes_before + reader.bytes_read());
    }
    bytes_before += reader.bytes_read();
    progress.Update(bytes_before);
  }
  progress.End();
  tally.receipts.skipped = parser.skipped_receipt_count();
  tally.receipts.read = static_cast<int64_t>(book.receipt_count()) + tally.receipts.skipped;
  return absl::OkStatus();
}

// How many weeks to move by.
int64_t WeeksToShift(const Context& context, const ImportOptions& options, const ReceiptBook& book,
                     const absl::TimeZone& zone) {
  if (options.shift_weeks.has_value()) return *options.shift_weeks;
  const ReceiptTime* last = book.last_time();
  return options.shift_to_now && last != nullptr ? WeeksUntilNow(*last, context.now(), zone) : 0;
}

// Why the server refused a receipt, with the receipt's own ids left out, so that equal reasons are counted together.
std::string ReasonOf(const absl::Status& why, const ReceiptKey& key) {
  const auto quoted = [](absl::string_view text) { return absl::StrCat("'", text, "'"); };
  const std::string kind = absl::StrReplaceAll(
      why.message(),
      {{quoted(key.receipt_id), "'...'"}, {quoted(key.store_id), "'...'"}, {quoted(key.customer), "'...'"}});
  return absl::StrCat(absl::StatusCodeToString(why.code()), ": ", kind);
}

// Adds a receipt and its lines to the counts of its fate, and a rejection to the reasons.
void Count(const AckLedger& ledger, size_t position, const ReceiptBook& book, size_t receipt, ImportTally& tally) {
  const int64_t lines = book.line_count(receipt);
  const Fate fate = ledger.fate(position);
  CountOf(tally.lines, fate) += lines;
  ++CountOf(tally.receipts, fate);
  if (fate != Fate::kRejected) return;
  const ReceiptKey key = book.key(receipt);
  tally.reasons.Add(ReasonOf(*ledger.rejection(position), key), lines, book.first_line(receipt), key.receipt_id);
}

void SendReceipts(Context& context, ApiClient& client, const ReceiptBook& book, Progress& progress,
                  ImportSummary& summary) {
  std::vector<uint32_t> to_send;
  for (size_t i = 0; i < book.receipt_count(); ++i) {
    if (!book.spoiled(i)) {
      to_send.push_back(static_cast<uint32_t>(i));
      continue;
    }
    ++summary.tally.receipts.rejected;
    if (book.line_count(i) == 0) continue;
    summary.tally.lines.rejected += book.line_count(i);
    summary.tally.reasons.Add("held back: another line of the same receipt was rejected", book.line_count(i),
                              book.first_line(i), "");
  }
  AckLedger ledger(to_send.size());
  StreamOptions stream_options;
  stream_options.now = context.now;
  stream_options.sleep = context.sleep;
  stream_options.on_progress = [&progress](size_t settled) { progress.Update(static_cast<int64_t>(settled)); };
  stream_options.on_notice = [&progress](const std::string& notice) { progress.Notice("nboctl: " + notice); };
  progress.Begin("sending", "receipts", static_cast<int64_t>(to_send.size()));
  const StreamResult result = SendPurchases(
      client, [&](size_t index, nbo::v1::Purchase* purchase) { book.Fill(to_send[index], purchase); }, stream_options,
      &ledger);
  progress.End();
  for (size_t i = 0; i < to_send.size(); ++i) Count(ledger, i, book, to_send[i], summary.tally);
  summary.status = result.status;
  summary.reopened_streams = result.reopened_streams;
  summary.resent_receipts = result.resent_receipts;
}

ExitCode Finish(const Context& context, const ImportSummary& summary) {
  if (context.format == OutputFormat::kJson) {
    PrintSummaryJson(context.out, summary);
  } else {
    PrintSummaryText(context.out, summary);
  }
  const ImportTally& tally = summary.tally;
  if (!tally.lines.balanced() || !tally.receipts.balanced()) {
    return Fail(context, absl::InternalError(absl::StrCat(
                             "the counts do not add up: ", tally.lines.read, " lines read, ", tally.lines.sum(),
                             " accounted for; ", tally.receipts.read, " receipts read, ", tally.receipts.sum(),
                             " accounted for. This is a fault of nboctl: please report it")));
  }
  if (!summary.status.ok()) {
    return Fail(context, absl::Status(summary.status.code(),
                                      absl::StrCat("gave up: ", std::string(summary.status.message()), ". ",
                                                   tally.receipts.unanswered + tally.receipts.rejected,
                                                   " receipts were not confirmed; run the same command again",
                                                   summary.shifted_weeks != 0
                                                       ? absl::StrCat(" with --shift-weeks ", summary.shifted_weeks)
                                                       : "",
                                                   ": what is recorded already counts as duplicate")));
  }
  return tally.lines.rejected > 0 ? kExitRefused : kExitOk;
}

}  // namespace

ExitCode RunImportPurchases(Context& context, const ImportOptions& options) {
  const absl::Time start = context.now();
  RowRules rules;
  rules.minor_digits = context.minor_digits;
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return FailUsage(context, zone.status());
  rules.zone = *zone;
  absl::StatusOr<std::vector<InputFile>> inputs = OpenFiles(options);
  if (!inputs.ok()) return FailUsage(context, inputs.status());
  ProductTable products;
  if (!options.products_file.empty()) {
    absl::StatusOr<ProductTable> loaded = ProductTable::Load(options.products_file, options.product_columns);
    if (!loaded.ok()) return FailUsage(context, loaded.status());
    products = *std::move(loaded);
    rules.products = &products;
  }
  ApiClient client(context.server, context.timeout);
  if (absl::Status status = client.Connect(); !status.ok()) return Fail(context, status);

  const Progress::Style style = options.quiet             ? Progress::Style::kQuiet
                                : context.err_is_terminal ? Progress::Style::kBar
                                                          : Progress::Style::kLines;
  Progress progress(context.err, style, context.now);
  ImportSummary summary;
  summary.files = options.files;
  ReceiptBook book;
  if (absl::Status status = ReadFiles(rules, *inputs, progress, book, summary.tally); !status.ok()) {
    return FailUsage(context, status);
  }
  summary.shifted_weeks = WeeksToShift(context, options, book, rules.zone);
  book.ShiftAll(summary.shifted_weeks, rules.zone);
  SendReceipts(context, client, book, progress, summary);
  summary.elapsed = context.now() - start;
  return Finish(context, summary);
}

}  // namespace nbo::ctl
