using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Pricing.Tests.Repository;

/// <summary>
/// Migrations expand first and contract a release later, because the release before runs on the same schema while a roll-out lasts. What takes
/// something away from it is allowed only in a file called NNNN_contract_….sql whose first line says since which migration nothing uses it:
/// <c>-- contract: unused since NNNN</c>.
/// </summary>
[TestFixture]
public sealed partial class MigrationTests
{
    const string Folder = "src/Pricing.Coordinator/Database/Migrations";

    static readonly (string What, string Pattern)[] Destructive =
    [
        ("drops a table", @"\bdrop\s+table\b"),
        ("drops a view", @"\bdrop\s+(materialized\s+)?view\b"),
        ("drops a column", @"\bdrop\s+column\b"),
        ("drops a column default", @"\bdrop\s+default\b"),
        ("drops a function", @"\bdrop\s+(function|procedure|type|sequence|schema)\b"),
        ("renames", @"\brename\b"),
        ("changes a type", @"\balter\s+(column\s+)?\w+\s+(set\s+data\s+)?type\b"),
        ("refuses what was optional", @"\bset\s+not\s+null\b"),
        ("adds a column that old inserts leave out", @"\badd\s+column\b(?![^,;]*\bdefault\b)[^,;]*\bnot\s+null\b"),
        ("adds a column that old inserts leave out", @"\badd\s+column\b[^,;]*\bprimary\s+key\b"),
        ("empties a table", @"\btruncate\b"),
        ("removes rows", @"\bdelete\s+from\b"),
        ("rewrites rows in one transaction", @"\bupdate\s+\w+\s+set\b"),
    ];

    static IEnumerable<string> Migrations() => SourceTree.Files(Folder, "*.sql");

    [TestCaseSource(nameof(Migrations))]
    public void A_migration_takes_nothing_from_the_release_before(string file)
    {
        var found = Faults(Path.GetFileNameWithoutExtension(file), SourceTree.Read(file), [.. Migrations().Select(m => Path.GetFileName(m)[..4])]);
        Assert.That(found, Is.Empty, "expand first, contract a release later (docs/operations.md)");
    }

    [Test]
    public void Migrations_are_numbered_once() =>
        Assert.That(Migrations().Select(f => Path.GetFileName(f)[..5]), Is.Unique.And.All.Match(@"^\d{4}_"));

    [TestCase("drop table job;", 1)]
    [TestCase("alter table job drop column lane;", 1)]
    [TestCase("alter table job rename column a to b;", 1)]
    [TestCase("alter table job alter column a type bigint;", 1)]
    [TestCase("alter table job alter a set not null;", 1)]
    [TestCase("alter table job add column a int not null;", 1)]
    [TestCase("alter table job\n  add column a int\n  not null;", 1)]
    [TestCase("truncate job;", 1)]
    [TestCase("alter table job add column a int not null default 0;", 0)]
    [TestCase("alter table job add column a int default 0 not null, add column b int;", 0)]
    [TestCase("-- drop table job\ncreate table a (x int not null);", 0)]
    [TestCase("create trigger t before update of state on job for each row execute function f();", 0)]
    [TestCase("do $$ begin raise exception 'never rename'; end $$;", 0)]
    public void The_rule_knows_what_takes_away(string sql, int faults) =>
        Assert.That(Faults("0009_x", sql, []), Has.Count.EqualTo(faults));

    [TestCase("0009_contract_lane", "-- contract: unused since 0005\nalter table job drop column a;", 0)]
    [TestCase("0009_contract_lane", "-- contract: unused since 0007\nalter table job drop column a;", 1)]
    [TestCase("0009_contract_lane", "alter table job drop column a;", 1)]
    [TestCase("0009_lane", "-- contract: unused since 0005\nalter table job drop column a;", 1)]
    public void A_contract_step_says_since_when_nothing_uses_it(string name, string sql, int faults) =>
        Assert.That(Faults(name, sql, ["0001", "0005"]), Has.Count.EqualTo(faults));

    static List<string> Faults(string name, string sql, string[] existing)
    {
        var since = ContractLine().Match(sql);
        if (name.Length > 5 && name[5..].StartsWith("contract_", StringComparison.Ordinal) && since.Success
            && existing.Contains(since.Groups[1].Value) && string.CompareOrdinal(since.Groups[1].Value, name[..4]) < 0)
            return [];
        // What is quoted or a comment is no statement.
        var statements = Quoted().Replace(Comment().Replace(sql, ""), "''");
        return [.. Destructive.Where(d => Regex.IsMatch(statements, d.Pattern, RegexOptions.IgnoreCase | RegexOptions.Singleline)).Select(d => $"{name} {d.What}")];
    }

    [GeneratedRegex(@"\A-- contract: unused since (\d{4})\n")]
    private static partial Regex ContractLine();

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"'[^']*'")]
    private static partial Regex Quoted();
}
