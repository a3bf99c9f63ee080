namespace Pricing.IntegrationTests.Cli;

/// <summary>A temporary data folder, open to the database's account, with room for model files; gone at the end.</summary>
sealed class ProgramHome : IDisposable
{
    public ProgramHome() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"pricing-cli-{Guid.NewGuid():n}"[..20]);

    /// <summary>Path of a file in the folder.</summary>
    public string File(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
