using System.Security.Cryptography;
using Google.Protobuf;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Chaos;

/// <summary>What the clients ask for, and the digests that let two answers be compared.</summary>
static class Questions
{
    static readonly string[] Processes = ["fdm", "sla", "sls", "mjf", "fdm", ""];
    static readonly long[][] Ladders = [[1], [1, 10], [1, 10, 100], [5, 50]];

    /// <summary>One of a few dozen sets of terms, so that the same question comes back; now and then with options that need a new measurement.</summary>
    public static Quote Draw(string partner, string sha256, Random random, bool newOptions)
    {
        var quote = new Quote
        {
            Model = ModelName(partner, sha256),
            Quantities = { Ladders[random.Next(Ladders.Length)] },
            CurrencyCode = random.Next(4) == 0 ? "USD" : "",
        };
        var process = Processes[random.Next(Processes.Length)];
        if (process.Length > 0)
            quote.Configurations.Add(new Configuration { Process = process });
        if (newOptions)
            quote.MeasureOptions = new MeasureOptions { Scale = 1 + random.Next(1, 1_000) / 1_000.0 };
        return quote;
    }

    public static string ModelName(string partner, string sha256) => $"partners/{partner}/models/{sha256}";

    /// <summary>Everything a price depends on besides the list and the engine; the partner is not part of it.</summary>
    public static string DigestOf(Quote asked)
    {
        var question = new Quote { Model = asked.Model[(asked.Model.LastIndexOf('/') + 1)..], MeasureOptions = asked.MeasureOptions, CurrencyCode = asked.CurrencyCode };
        question.Configurations.Add(asked.Configurations);
        question.Quantities.Add(asked.Quantities);
        return Hex(SHA256.HashData(question.ToByteArray()));
    }

    /// <summary>Amounts, states, findings and every line of every breakdown; null when there are no prices.</summary>
    public static string? DigestOf(IReadOnlyCollection<Price> prices)
    {
        if (prices.Count == 0)
            return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var price in prices)
        {
            var bytes = price.ToByteArray();
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return Hex(hash.GetHashAndReset());
    }

    static string Hex(byte[] digest) => Convert.ToHexStringLower(digest.AsSpan(0, 16));
}
