using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Quotes;

namespace Pricing.Cli.Bench;

/// <summary>
/// The coordinator's own statements as a script for pgbench: a batch of quotes accepted, each in its transaction; one claim of a batch; each job
/// of it answered in its transaction. Where the coordinator would give a value, the script computes one of the same kind.
/// </summary>
static partial class PgbenchScript
{
    /// <summary>The variables that pgbench is given with -D: they are the same for every call.</summary>
    public static IReadOnlyDictionary<string, string> Variables(byte[] model, int batch, Guid node, int bodyBytes) => new Dictionary<string, string>
    {
        ["model"] = Hex(model),
        ["node"] = $"{node:D}",
        ["nodes"] = "{" + string.Join(',', Enumerable.Repeat($"{node:D}", batch)) + "}",
        ["names"] = "{" + string.Join(',', Enumerable.Repeat("bench", batch)) + "}",
        ["body"] = Hex(new byte[bodyBytes]),
        ["life"] = "15 minutes",
        ["lease"] = "15 seconds",
        ["slots"] = "{" + string.Join(',', Enumerable.Repeat("\"\"", batch)) + "}",
    };

    public static string Write(int batch)
    {
        var text = new StringBuilder();
        for (var i = 0; i < batch; i++)
        {
            text.Append("\\set a random(1, 9000000000000000000)\nbegin;\n");
            Statement(text, QuoteStore.Remember, "'bench'", ":a::text", ":model::bytea", "md5(:a::text)::uuid");
            Statement(text, JobStore.EnqueueOrJoin, "\\gset", ":model::bytea", "1000000", "'bench.stl'", "sha256(:a::text::bytea)", "''::bytea", "1", ":life::interval",
                "'bench'", "1064", "1024");
            Statement(text, QuoteStore.InsertWaiting, "md5(:a::text)::uuid", "'bench'", ":body::bytea", ":a::text", ":model::bytea", "'bench'", "1", ":job_id::bigint", ":life::interval");
            text.Append("end;\n");
        }
        // pgbench reads one row of an answer: the claim's rows are gathered into one.
        var gathered = string.Join(", ", Enumerable.Range(1, batch).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"coalesce((array_agg(job_id order by pass, job_id))[{i}], 0) as j{i}, coalesce((array_agg(epoch order by pass, job_id))[{i}], 0) as e{i}")));
        Statement(text, FinalSelect().Replace(JobStore.Claim, $"select {gathered} from leased"), "\\gset",
            "1", ":nodes::uuid[]", ":names::text[]", ":slots::text[]", ":lease::interval",
            Count(batch / 2), Count(batch - batch / 2), Count(batch), "0", "0");
        for (var i = 1; i <= batch; i++)
        {
            var (job, epoch) = (string.Create(CultureInfo.InvariantCulture, $":j{i}::bigint"), string.Create(CultureInfo.InvariantCulture, $":e{i}::int"));
            Statement(text, JobStore.ReadKey, "\\gset", job);
            text.Append("begin;\n");
            Statement(text, JobStore.Complete, job, epoch, ":node::uuid", "null::bytea");
            Statement(text, JobStore.NoteCompletion, job, epoch, "'completed'");
            Statement(text, MeasurementStore.Insert, ":model_sha256::bytea", ":options_key::bytea", "1", ":body::bytea", ":model::bytea", job);
            text.Append("end;\n");
        }
        return text.ToString();
    }

    static void Statement(StringBuilder text, string sql, params ReadOnlySpan<string> values)
    {
        var gset = values.Length > 0 && values[0] == "\\gset";
        var given = (gset ? values[1..] : values).ToArray();
        text.Append(Parameter().Replace(sql, m => given[int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) - 1])).Append(gset ? " \\gset\n" : ";\n");
    }

    static string Count(int jobs) => jobs.ToString(CultureInfo.InvariantCulture);

    static string Hex(byte[] bytes) => "\\x" + Convert.ToHexStringLower(bytes);

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"select job_id, epoch, owner,[^;]*\z")]
    private static partial Regex FinalSelect();
}
