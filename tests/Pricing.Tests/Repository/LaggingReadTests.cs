using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Pricing.Tests.Repository;

/// <summary>
/// Nothing is decided on what a replica says. The replica's connections have one holder; it is given only the questions named here, each in one
/// place; and none of these writes, locks, or stands in a transaction.
/// </summary>
[TestFixture]
public sealed partial class LaggingReadTests
{
    const string Room = "src/Pricing.Coordinator";

    /// <summary>Question → the file that asks it and the statement that is sent. A new line here is a decision.</summary>
    static readonly Dictionary<string, (string File, string Statement)> Known = new()
    {
        ["EndedQuote"] = ("Quotes/QuoteStore.cs", "Find"),
        ["QuotePage"] = ("Quotes/QuoteStore.cs", "Page"),
        ["WatchedQuotes"] = ("Quotes/QuoteStore.cs", "WhichEnded"),
        ["QueueStanding"] = ("Quotes/QuoteStore.cs", "Standing"),
        ["PipelineStats"] = ("Operations/PipelineQueries.cs", "Now"),
        ["QuarantinePage"] = ("Jobs/QuarantineStore.cs", "Rows"),
    };

    [Test]
    public void Only_the_named_questions_are_asked_of_the_replica_each_in_its_place()
    {
        var asked = SourceTree.Files("src", "*.cs").Where(f => f != $"{Room}/Database/LaggingReads.cs")
            .SelectMany(f => Asked().Matches(SourceTree.Read(f)).Select(m => (Question: m.Groups[1].Value, File: f)));
        Assert.That(asked, Is.EquivalentTo(Known.Select(k => (k.Key, $"{Room}/{k.Value.File}"))));
    }

    [Test]
    public void Only_one_class_holds_connections_to_the_replica()
    {
        var holders = SourceTree.Files("src", "*.cs").Where(f => SourceTree.Read(f).Contains("CreateReadOnly", StringComparison.Ordinal));
        Assert.That(holders, Is.EquivalentTo(new[] { $"{Room}/Database/DatabaseSource.cs", $"{Room}/Database/LaggingReads.cs" }));
    }

    [Test]
    public void The_questions_neither_write_nor_lock()
    {
        foreach (var (file, name) in Known.Values)
        {
            var statement = Regex.Match(SourceTree.Read($"{Room}/{file}"), $"""const string {name} = \$?("+)(.*?)\1;""", RegexOptions.Singleline).Groups[2].Value;
            Assert.That(statement, Does.Contain("select"), $"{name} was found");
            Assert.That(Changing().Match(statement).Value, Is.Empty, name);
        }
    }

    [GeneratedRegex(@"\bLaggingRead\.(\w+)")]
    private static partial Regex Asked();

    [GeneratedRegex(@"\b(insert|update|delete|for\s+(no\s+key\s+)?(update|share))\b", RegexOptions.IgnoreCase)]
    private static partial Regex Changing();
}
