#include "server/ctl/import_summary.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/ctl/output.h"
#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

constexpr size_t kShownReasons = 5;

std::string Where(const ImportSummary& summary, const LineOrigin& origin) {
  return absl::StrCat(summary.files[origin.file], ":", origin.line);
}

void PrintCounts(std::ostream& out, const ImportTally& tally) {
  const FateCounts& lines = tally.lines;
  const FateCounts& receipts = tally.receipts;
  TextTable table("lrr");
  table.AddRow({"", "lines", "receipts"});
  const auto add = [&](const char* name, int64_t line_count, int64_t receipt_count, bool always) {
    if (!always && line_count == 0 && receipt_count == 0) return;
    table.AddRow({name, absl::StrCat(line_count), absl::StrCat(receipt_count)});
  };
  add("read", lines.read, receipts.read, true);
  add("accepted", lines.accepted, receipts.accepted, true);
  add("duplicate (recorded before)", lines.duplicate, receipts.duplicate, true);
  add("corrected (a higher revision)", lines.corrected, receipts.corrected, false);
  add("superseded (a higher revision is known)", lines.superseded, receipts.superseded, false);
  add("dropped (customer was erased)", lines.erased, receipts.erased, false);
  add("rejected", lines.rejected, receipts.rejected, true);
  add("skipped (no customer)", lines.skipped, receipts.skipped, true);
  add("not answered", lines.unanswered, receipts.unanswered, false);
  table.Print(out);
}

void PrintReasons(std::ostream& out, const ImportSummary& summary) {
  const ReasonList& list = summary.tally.reasons;
  if (list.reasons().empty()) return;
  out << "\nRejected because:\n";
  int64_t shown_lines = 0;
  for (size_t i = 0; i < std::min(kShownReasons, list.reasons().size()); ++i) {
    const ReasonList::Reason& reason = list.reasons()[i];
    shown_lines += reason.lines;
    out << absl::StreamFormat("%8d lines  %s  (first: %s%s)\n", reason.lines, Printable(reason.text),
                              Where(summary, reason.first),
                              reason.example.empty() ? "" : absl::StrCat(": \"", Printable(reason.example), "\""));
  }
  const int64_t others = summary.tally.lines.rejected - shown_lines;
  if (others > 0) {
    out << absl::StreamFormat("%8d lines  for %d%s other reasons\n", others, list.reasons().size() - kShownReasons,
                              list.other_lines() > 0 ? " or more" : "");
  }
}

google::protobuf::Value Number(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}

google::protobuf::Value Text(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(CleanUtf8(text, text.size()));  // file names and headers may hold anything
  return value;
}

google::protobuf::Value CountsJson(const FateCounts& counts) {
  google::protobuf::Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  fields["read"] = Number(counts.read);
  fields["accepted"] = Number(counts.accepted);
  fields["duplicate"] = Number(counts.duplicate);
  fields["corrected"] = Number(counts.corrected);
  fields["superseded"] = Number(counts.superseded);
  fields["erased"] = Number(counts.erased);
  fields["rejected"] = Number(counts.rejected);
  fields["skipped"] = Number(counts.skipped);
  fields["unanswered"] = Number(counts.unanswered);
  return value;
}

}  // namespace

void PrintSummaryText(std::ostream& out, const ImportSummary& summary) {
  PrintCounts(out, summary.tally);
  const double seconds = absl::ToDoubleSeconds(summary.elapsed);
  out << absl::StreamFormat("%.1f s", seconds);
  if (seconds > 0) out << absl::StreamFormat(", %.0f lines/s", summary.tally.lines.read / seconds);
  out << "\n";
  if (summary.tally.lines_without_product > 0) {
    out << summary.tally.lines_without_product
        << " lines have a product that is not in the product table; they were sent without a category\n";
  }
  if (summary.reopened_streams > 0) {
    out << "The stream was opened again " << summary.reopened_streams << " times; " << summary.resent_receipts
        << " receipts were sent again and may count as duplicates of this same import\n";
  }
  if (summary.shifted_weeks != 0) {
    out << absl::StreamFormat(
        "All times were moved by %+d weeks. To import this data again use --shift-weeks %d: "
        "another shift would be refused as receipts of other content\n",
        summary.shifted_weeks, summary.shifted_weeks);
  }
  PrintReasons(out, summary);
}

void PrintSummaryJson(std::ostream& out, const ImportSummary& summary) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  for (const std::string& file : summary.files) {
    *fields["files"].mutable_list_value()->add_values() = Text(file);
  }
  fields["lines"] = CountsJson(summary.tally.lines);
  fields["receipts"] = CountsJson(summary.tally.receipts);
  fields["lines_without_product"] = Number(summary.tally.lines_without_product);
  fields["shifted_weeks"] = Number(summary.shifted_weeks);
  fields["reopened_streams"] = Number(summary.reopened_streams);
  fields["resent_receipts"] = Number(summary.resent_receipts);
  fields["elapsed_seconds"] = Number(absl::ToDoubleSeconds(summary.elapsed));
  fields["error"] = Text(std::string(summary.status.message()));
  auto& reasons = *fields["reasons"].mutable_list_value();
  for (const ReasonList::Reason& reason : summary.tally.reasons.reasons()) {
    if (reasons.values_size() == static_cast<int>(kShownReasons)) break;
    auto& entry = *reasons.add_values()->mutable_struct_value()->mutable_fields();
    entry["reason"] = Text(reason.text);
    entry["lines"] = Number(reason.lines);
    entry["first"] = Text(Where(summary, reason.first));
    entry["example"] = Text(reason.example);
  }
  PrintJson(out, object, false);
}

}  // namespace nbo::ctl
