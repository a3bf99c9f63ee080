namespace Pricing.Coordinator.Models;

/// <summary>
/// Where this process writes files that have no name yet. Each running process has a folder of its own below incoming/ and holds its lock, so that
/// coordinators may share the parent; what a crash left is swept by the next start, and by <see cref="Sweep"/>.
/// </summary>
sealed class IncomingFolder : IDisposable
{
    const string Incoming = "incoming";
    const string LockFile = ".lock";

    readonly string _all;
    readonly string _own;
    readonly FileStream _lock;

    public IncomingFolder(string root)
    {
        _all = Path.Combine(root, Incoming);
        Directory.CreateDirectory(_all);
        Sweep();
        _own = Path.Combine(_all, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_own);
        _lock = new FileStream(Path.Combine(_own, LockFile), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    public string NewPath() => Path.Combine(_own, Guid.NewGuid().ToString("N"));

    /// <summary>Removes the folders of dead processes. Returns how many.</summary>
    public int Sweep()
    {
        var swept = 0;
        foreach (var leftover in Directory.EnumerateDirectories(_all).Where(folder => folder != _own))
        {
            try
            {
                // A living process holds the lock; whose lock can be had is dead.
                using (new FileStream(Path.Combine(leftover, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                {
                }
                Directory.Delete(leftover, recursive: true);
                swept++;
            }
            catch (IOException)
            {
                // In use by another coordinator, or swept by it this moment.
            }
        }
        return swept;
    }

    public void Dispose()
    {
        _lock.Dispose();
        try
        {
            Directory.Delete(_own, recursive: true);
        }
        catch (IOException)
        {
            // The next start sweeps it.
        }
    }
}
